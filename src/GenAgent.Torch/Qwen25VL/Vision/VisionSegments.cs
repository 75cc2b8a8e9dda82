using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Vision;

/// <summary>Attention within runs of patches that attend only to each other: windows, or whole images.</summary>
/// <remarks>Runs of one length are a plain reshape; ragged ones are padded to the longest and masked.</remarks>
internal sealed class VisionSegments
{
    private readonly int _count;
    private readonly int _length;
    private readonly Tensor? _gather;
    private readonly Tensor? _scatter;
    private readonly Tensor? _mask;

    public VisionSegments(ReadOnlySpan<int> borders, Device device)
    {
        _count = borders.Length - 1;
        for (var i = 0; i < _count; i++)
        {
            _length = Math.Max(_length, borders[i + 1] - borders[i]);
        }

        if (_count * _length == borders[^1])
        {
            return;
        }

        var (gather, real, scatter) = (new long[_count * _length], new bool[_count * _length], new long[borders[^1]]);
        for (var i = 0; i < _count; i++)
        {
            for (var at = 0; at < _length; at++)
            {
                var isReal = borders[i] + at < borders[i + 1];
                var slot = (i * _length) + at;
                (gather[slot], real[slot]) = (isReal ? borders[i] + at : borders[i], isReal);
                if (isReal)
                {
                    scatter[borders[i] + at] = slot;
                }
            }
        }

        _gather = tensor(gather, device: device);
        _scatter = tensor(scatter, device: device);
        _mask = tensor(real, device: device).view(_count, 1, 1, _length);
    }

    private VisionSegments(VisionSegments other)
    {
        (_count, _length) = (other._count, other._length);
        (_gather, _scatter, _mask) = (Kept(other._gather), Kept(other._scatter), Kept(other._mask));

        static Tensor? Kept(Tensor? one) => one is null ? null : ActivationCheckpoint.Kept(one);
    }

    /// <summary>The same runs, with tensors that outlive the dispose scope.</summary>
    public VisionSegments Kept() => new(this);

    /// <summary><c>[patches, heads, head size]</c> each, to <c>[patches, heads * head size]</c>.</summary>
    public Tensor Attend(Tensor query, Tensor key, Tensor value)
    {
        var (patches, heads, width) = (query.shape[0], query.shape[1], query.shape[2]);
        var mixed = nn.functional.scaled_dot_product_attention(Batched(query), Batched(key), Batched(value), _mask);
        var flat = mixed.transpose(1, 2).reshape(-1, heads * width);
        return _scatter is null ? flat : flat.index_select(0, _scatter);

        Tensor Batched(Tensor states) =>
            (_gather is null ? states : states.index_select(0, _gather)).view(_count, _length, heads, width).transpose(1, 2);
    }
}
