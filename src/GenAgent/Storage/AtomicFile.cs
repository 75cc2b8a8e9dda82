namespace GenAgent.Storage;

/// <summary>
/// Files that a reader, also one after a crash, finds as they were or as they are to be, never in part: written aside, flushed to the disk and renamed.
/// Several may write the same file at once; one of them is the last.
/// </summary>
public static class AtomicFile
{
    /// <summary>How the names of files end that are not whole yet; they begin with a dot.</summary>
    public const string AsideExtension = ".tmp";

    /// <summary>Writes a file, in the place of one that may be there.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="toDisk">False leaves it to the system when it comes to the disk: a killed process loses nothing, a power cut may.</param>
    /// <exception cref="IOException">It cannot be written; what was there before is untouched.</exception>
    public static void Write(string path, Action<Stream> write, bool toDisk = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var aside = NameAside(path);
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(toDisk);
            }

            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <inheritdoc cref="Write(string, Action{Stream}, bool)"/>
    public static void Write(string path, ReadOnlyMemory<byte> content, bool toDisk = true) => Write(path, stream => stream.Write(content.Span), toDisk);

    /// <inheritdoc cref="Write(string, Action{Stream}, bool)"/>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        var aside = await WriteAsideAsync(path, write);
        try
        {
            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    /// <inheritdoc cref="Write(string, Action{Stream}, bool)"/>
    public static Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        WriteAsync(path, stream => stream.WriteAsync(content, cancellationToken).AsTask());

    /// <summary>Writes a file's content beside it, and returns where: the caller renames it. Nothing is left when it fails.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <returns>The path beside it.</returns>
    public static async Task<string> WriteAsideAsync(string path, Func<Stream, Task> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var aside = NameAside(path);
        try
        {
            await using var stream =
                new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16, FileOptions.Asynchronous);
            await write(stream);
            stream.Flush(flushToDisk: true);
            return aside;
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    private static string NameAside(string path)
    {
        var whole = Path.GetFullPath(path);
        return Path.Combine(Path.GetDirectoryName(whole)!, $".{Path.GetFileName(whole)}.{Environment.ProcessId}.{Path.GetRandomFileName()}{AsideExtension}");
    }
}
