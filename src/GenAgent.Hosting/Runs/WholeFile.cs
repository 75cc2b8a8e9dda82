using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>Writes files that are there whole or not at all, also when the process is killed.</summary>
public static class WholeFile
{
    /// <summary>Writes the file, in place of one that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="IOException">It could not be written; the message names it and says why, and one that was there is untouched.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var half = await WriteBesideAsync(path, content, cancellationToken);
        File.Move(half, path, overwrite: true);
    }

    /// <summary>Removes what killed processes left half-written in the folder; nobody else may be writing there.</summary>
    /// <param name="folder">The folder.</param>
    public static void RemoveHalves(string folder)
    {
        foreach (var half in Directory.EnumerateFiles(folder, $".*{AtomicFile.AsideExtension}"))
        {
            File.Delete(half);
        }
    }

    /// <summary>Writes the file under the first name that is free: <c>cat.png</c>, <c>cat-2.png</c>, and so on; returns its path.</summary>
    /// <param name="path">The file that is wanted.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The path that was free.</returns>
    public static async Task<string> WriteNewAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var half = await WriteBesideAsync(path, content, cancellationToken);
        var stem = Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path));
        for (var copy = 1; ; copy++)
        {
            var free = copy == 1 ? path : $"{stem}-{copy}{Path.GetExtension(path)}";
            try
            {
                File.Move(half, free, overwrite: false);
                return free;
            }
            catch (IOException) when (File.Exists(free))
            {
                // Taken, perhaps by another process since we looked: the next name.
            }
        }
    }

    private static async Task<string> WriteBesideAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            return await AtomicFile.WriteAsideAsync(path, stream => stream.WriteAsync(content, cancellationToken).AsTask());
        }
        catch (Exception failure) when (StorageException.IsCause(failure))
        {
            throw new StorageException($"{path}: the file could not be written", failure);
        }
    }
}
