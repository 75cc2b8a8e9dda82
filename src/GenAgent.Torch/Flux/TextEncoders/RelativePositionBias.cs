using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>
/// T5's learned bias on attention scores by the distance from query to key: exact near by, in logarithmic classes farther off, each side apart.
/// </summary>
internal sealed class RelativePositionBias : nn.Module
{
    private readonly int _buckets;
    private readonly int _maxDistance;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    public RelativePositionBias(T5Config config, Device? device, ScalarType? dtype)
        : base(nameof(RelativePositionBias))
    {
        (_buckets, _maxDistance) = (config.RelativeAttentionNumBuckets, config.RelativeAttentionMaxDistance);
        _weight = LastingParameter.Unset(device, dtype, _buckets, config.NumHeads);
        RegisterComponents();
    }

    /// <summary>The bias of all pairs of <paramref name="tokens"/> tokens: <c>[1, heads, tokens, tokens]</c>.</summary>
    public Tensor Forward(int tokens)
    {
        using var scope = NewDisposeScope();
        var buckets = new long[tokens * tokens];
        for (var query = 0; query < tokens; query++)
        {
            for (var key = 0; key < tokens; key++) buckets[query * tokens + key] = Bucket(key - query);
        }

        var ids = tensor(buckets, device: _weight.device);
        return _weight.index_select(0, ids).view(tokens, tokens, -1).permute(2, 0, 1).unsqueeze(0).contiguous().MoveToOuterDisposeScope();
    }

    private int Bucket(int distance)
    {
        var half = _buckets / 2;
        var side = distance > 0 ? half : 0;
        var far = Math.Abs(distance);
        var exact = half / 2;
        if (far < exact) return side + far;

        // In fp32 as in the reference, so that a distance at a bucket's border falls into the same bucket.
        var share = MathF.Log((float)far / exact) / (float)Math.Log((double)_maxDistance / exact);
        return side + Math.Min(exact + (int)(share * (half - exact)), half - 1);
    }
}
