namespace GenAgent.Torch.Generation.Cpu;

/// <summary>Memory for a model's weights, one matrix after the other in few large buffers, so that small matrices share huge pages. Lives as long as the model.</summary>
internal sealed unsafe class WeightArena : IDisposable
{
    private const long BufferBytes = 32 << 20;
    private const long CacheLine = 64;

    private readonly List<AlignedBuffer> _buffers = [];
    private long _used;

    /// <summary>Memory that belongs to the caller until the arena is disposed; its content is undefined.</summary>
    /// <param name="bytes">Its size, 0 or more.</param>
    /// <returns>An address aligned to a cache line.</returns>
    public byte* Take(long bytes)
    {
        if (_buffers.Count == 0 || _used + bytes > _buffers[^1].Length)
        {
            _buffers.Add(new AlignedBuffer(Math.Max(bytes, BufferBytes)));
            _used = 0;
        }

        var start = _buffers[^1].Bytes + _used;
        _used += (bytes + CacheLine - 1) / CacheLine * CacheLine;
        return start;
    }

    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());
}
