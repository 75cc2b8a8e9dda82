namespace GenAgent.Trajectories;

/// <summary>The right to write to a folder. One store has it at a time, of whatever process, until it is disposed of or its process ends.</summary>
public sealed class FolderLock : IDisposable
{
    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows.
    private static readonly int[] Taken = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    // On Unix only an exclusive share is a lock: any other lets a second writer in.
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <summary>Takes the right to write to a folder that is there.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The right; disposing it gives it back.</returns>
    /// <exception cref="FolderInUseException">Another has it.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static FolderLock Take(string folder)
    {
        var path = PathOf(folder);
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException taken) when (Taken.Contains(taken.HResult))
        {
            throw new FolderInUseException(folder, taken);
        }
    }

    /// <summary>Makes a folder that nobody has made yet, also not at the same moment; false where one is there.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>False where the folder is there already.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static bool TryClaim(string folder)
    {
        if (Directory.Exists(folder)) return false;
        Directory.CreateDirectory(folder);
        try
        {
            // Of those who found no folder, one makes the file.
            using var mark = new FileStream(PathOf(folder), FileMode.CreateNew, FileAccess.Write, FileShare.None);
            return true;
        }
        catch (IOException) when (File.Exists(PathOf(folder)))
        {
            return false;
        }
    }

    private static string PathOf(string folder) => Path.Combine(folder, ".lock");

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
