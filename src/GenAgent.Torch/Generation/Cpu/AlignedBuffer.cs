using System.Runtime.InteropServices;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>Memory outside the managed heap, aligned to a cache line; pages that are never touched cost nothing.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const nuint CacheLine = 64;

    private void* _start;

    public AlignedBuffer(long bytes)
    {
        Length = bytes;
        _start = NativeMemory.AlignedAlloc(checked((nuint)Math.Max(bytes, 1)), CacheLine);
    }

    ~AlignedBuffer() => Free();

    /// <summary>Size in bytes.</summary>
    public long Length { get; }

    public float* Floats => (float*)Start;

    public byte* Bytes => (byte*)Start;

    private void* Start => _start is null ? throw new ObjectDisposedException(nameof(AlignedBuffer)) : _start;

    public static AlignedBuffer OfFloats(long count) => new(checked(count * sizeof(float)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
