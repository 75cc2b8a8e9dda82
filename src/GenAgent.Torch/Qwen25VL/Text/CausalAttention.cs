using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL.Text;

/// <summary>Attention over the tokens of one forward pass, without a cache: each token sees itself and the real tokens before it.</summary>
internal sealed class CausalAttention : IAttentionContext
{
    private readonly Tensor? _mask;

    private CausalAttention(Tensor? mask) => _mask = mask;

    /// <summary>The context for sequences that start with their first token; padding at the right needs no mask, as nothing real comes after it.</summary>
    public static CausalAttention Unpadded { get; } = new(null);

    /// <summary>The context for a batch in which the marked places are real.</summary>
    /// <param name="attentionMask"><c>[batch, tokens]</c>, 1 for a real token and 0 for padding.</param>
    public static CausalAttention For(Tensor attentionMask)
    {
        var tokens = attentionMask.shape[1];
        var real = attentionMask.to(ScalarType.Bool);
        var causal = ones(tokens, tokens, dtype: ScalarType.Bool, device: attentionMask.device).tril();

        // A padded position attends at least to itself: an empty row would be NaN, and NaN would spread through the gradients.
        var self = eye(tokens, tokens, dtype: ScalarType.Bool, device: attentionMask.device);
        return new CausalAttention(ActivationCheckpoint.Kept((causal & real.unsqueeze(1)).logical_or(self).unsqueeze(1)));
    }

    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        var groups = query.shape[1] / key.shape[1];
        return nn.functional.scaled_dot_product_attention(query, Shared(key, groups), Shared(value, groups), _mask, p: 0, is_casual: _mask is null);
    }

    /// <summary>Repeats each key-value head for the query heads that share it.</summary>
    internal static Tensor Shared(Tensor states, long groups)
    {
        if (groups == 1)
        {
            return states;
        }

        var (batch, heads, tokens, width) = (states.shape[0], states.shape[1], states.shape[2], states.shape[3]);
        return states.unsqueeze(2).expand(batch, heads, groups, tokens, width).reshape(batch, heads * groups, tokens, width);
    }
}
