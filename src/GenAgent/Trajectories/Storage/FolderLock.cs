namespace GenAgent.Trajectories;

/// <summary>The right to write to a folder. One store has it at a time, of whatever process, until it is disposed of or its process ends.</summary>
internal sealed class FolderLock : IDisposable
{
    // On Unix only an exclusive share is a lock: any other lets a second writer in.
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the right to write to a folder that is there.</summary>
    /// <exception cref="IOException">Another has it.</exception>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, ".lock");
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken) when (File.Exists(path))
        {
            throw new IOException($"Another process is writing to {folder}: wait for it, or use another folder.", taken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
