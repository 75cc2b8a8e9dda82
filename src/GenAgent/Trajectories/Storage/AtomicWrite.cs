namespace GenAgent.Trajectories;

/// <summary>Files that are there as a whole or not at all.</summary>
internal static class AtomicWrite
{
    /// <summary>Writes a file, in the place of one that may be there.</summary>
    public static void Bytes(string path, ReadOnlySpan<byte> bytes)
    {
        // Another task may be writing the same: each writes its own draft, and either is the file.
        var draft = $"{path}.{Environment.CurrentManagedThreadId}.part";
        using (var file = File.Create(draft))
            file.Write(bytes);
        File.Move(draft, path, overwrite: true);
    }
}
