using System.Runtime.InteropServices;

namespace GenAgent.Training.Checkpoints;

/// <summary>Makes a rename survive a power failure: the folder's entries must be flushed too, for which .NET has no method.</summary>
internal static partial class DirectoryFlush
{
    private const int ReadOnly = 0;

    /// <summary>Flushes a folder's entries to disk if the system needs and allows it; Windows does this by itself.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) throw new IOException($"{folder}: cannot be opened to flush it (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            // Some network file systems refuse this for folders; the file itself is flushed by then.
            _ = Sync(descriptor);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
