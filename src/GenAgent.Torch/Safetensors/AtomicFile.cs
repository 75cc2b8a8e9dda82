namespace GenAgent.Torch.Safetensors;

/// <summary>Replaces files so that a reader, also one after a crash, finds the old content or the new, never a part.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file aside, flushes it to disk and renames it over <paramref name="path"/>.</summary>
    /// <exception cref="IOException">It cannot be written; what was there before is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        var whole = Path.GetFullPath(path);
        var aside = Path.Combine(Path.GetDirectoryName(whole)!, $".{Path.GetFileName(whole)}.{Environment.ProcessId}.{Path.GetRandomFileName()}.tmp");
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside, whole, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }
}
