namespace GenAgent.Torch.Generation.Cpu;

/// <summary>Memory that is allocated piece by piece and freed as a whole, from a few large buffers, so that small pieces share huge pages.</summary>
/// <param name="bufferBytes">Size of a buffer; a larger piece gets a buffer of its own.</param>
internal sealed unsafe class Arena(long bufferBytes) : IDisposable
{
    private readonly List<AlignedBuffer> _buffers = [];
    private long _used;

    /// <summary>Allocates memory, valid until the arena is disposed; its content is undefined.</summary>
    /// <param name="bytes">Its size, 0 or more.</param>
    /// <returns>An address aligned to a cache line.</returns>
    public byte* Take(long bytes)
    {
        if (_buffers.Count == 0 || _used + bytes > _buffers[^1].Length)
        {
            _buffers.Add(new AlignedBuffer(Math.Max(bytes, bufferBytes)));
            _used = 0;
        }

        var start = _buffers[^1].Bytes + _used;
        _used += (bytes + AlignedBuffer.CacheLine - 1) / AlignedBuffer.CacheLine * AlignedBuffer.CacheLine;
        return start;
    }

    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());
}
