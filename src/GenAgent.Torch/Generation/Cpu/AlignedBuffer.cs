using System.Runtime.InteropServices;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>Memory outside the managed heap, aligned to a cache line; pages that are never touched cost nothing.</summary>
internal sealed unsafe class AlignedBuffer : SafeHandle
{
    private const nuint CacheLine = 64;

    public AlignedBuffer(long bytes)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        Length = bytes;
        SetHandle((nint)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(bytes, 1)), CacheLine));
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
}
