namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// Keys and values of all layers, in blocks of 16 tokens. Keys are stored dimension by dimension, 16 tokens side by side, so that a query is scored against
/// a whole block at once; values token by token.
/// </summary>
internal sealed unsafe class PagedKeyValues : IDisposable
{
    /// <summary>Tokens in a block.</summary>
    public const int BlockTokens = 16;

    private readonly AlignedBuffer _buffer;
    private readonly int _heads;
    private readonly int _blocks;
    private readonly long _headFloats;

    public PagedKeyValues(int layers, int heads, int headSize, int blocks)
    {
        (_heads, _blocks) = (heads, blocks);
        Width = PaddedWidth(headSize);
        _headFloats = (long)Width * BlockTokens;
        _buffer = AlignedBuffer.OfFloats(2L * layers * blocks * heads * _headFloats);
    }

    /// <summary>A head's width, rounded up to whole vectors; what is beyond the head is zero.</summary>
    public int Width { get; }

    public static long BytesPerBlock(int layers, int heads, int headSize) => 2L * layers * heads * PaddedWidth(headSize) * BlockTokens * sizeof(float);

    /// <summary><c>[width][16 tokens]</c>.</summary>
    public float* Keys(int layer, int block, int head) => _buffer.Floats + (((((2L * layer * _blocks) + block) * _heads) + head) * _headFloats);

    /// <summary><c>[16 tokens][width]</c>.</summary>
    public float* Values(int layer, int block, int head) => _buffer.Floats + ((((((2L * layer) + 1) * _blocks) + block) * _heads) + head) * _headFloats;

    /// <summary>Stores a token's key and value.</summary>
    public void Keep(int layer, int block, int slot, int head, float* key, float* value, int headSize)
    {
        var keys = Keys(layer, block, head) + slot;
        for (var i = 0; i < headSize; i++)
        {
            keys[i * BlockTokens] = key[i];
        }

        for (var i = headSize; i < Width; i++)
        {
            keys[i * BlockTokens] = 0;
        }

        var values = Values(layer, block, head) + ((long)slot * Width);
        new ReadOnlySpan<float>(value, headSize).CopyTo(new Span<float>(values, headSize));
        new Span<float>(values + headSize, Width - headSize).Clear();
    }

    public void Dispose() => _buffer.Dispose();

    private static int PaddedWidth(int headSize) => (headSize + 7) / 8 * 8;
}
