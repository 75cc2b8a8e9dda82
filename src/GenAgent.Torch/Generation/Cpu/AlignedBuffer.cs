using System.Runtime.InteropServices;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// Memory outside the managed heap, aligned to a cache line; pages that are never touched cost nothing. Large buffers ask Linux for huge pages: with small
/// ones, streaming stalls on an address lookup at each page.
/// </summary>
internal sealed unsafe partial class AlignedBuffer : SafeHandle
{
    /// <summary>Size of a huge page in bytes; smaller buffers are not backed by one.</summary>
    public const long HugePage = 2 << 20;

    /// <summary>Bytes that a buffer is aligned to at least.</summary>
    public const int CacheLine = 64;

    private const int AdviseHugePages = 14;

    public AlignedBuffer(long bytes)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        Length = bytes;
        var isLarge = bytes >= HugePage;
        SetHandle((nint)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(bytes, 1)), (nuint)(isLarge ? HugePage : CacheLine)));
        if (isLarge && OperatingSystem.IsLinux())
        {
            // If the system declines, the buffer still works, but slower.
            _ = Advise(handle, (nuint)bytes, AdviseHugePages);
        }
    }

    /// <summary>Size in bytes.</summary>
    public long Length { get; }

    public float* Floats => (float*)Start;

    public byte* Bytes => (byte*)Start;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    private nint Start
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    public static AlignedBuffer OfFloats(long count) => new(checked(count * sizeof(float)));

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
