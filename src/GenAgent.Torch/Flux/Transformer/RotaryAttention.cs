using GenAgent.Torch.Layers;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>The gains of query and key normalisation of one stream. It only provides the parameters' names; <see cref="RotaryAttention"/> computes.</summary>
internal sealed class QueryKeyNorm(int headDim, Device? device, ScalarType? dtype)
{
    public const double Epsilon = 1e-6;

    public RmsNorm Query { get; } = new(headDim, Epsilon, device, dtype);

    public RmsNorm Key { get; } = new(headDim, Epsilon, device, dtype);

    /// <summary><c>[2, 1, head_dim]</c>, query first.</summary>
    public Tensor Gains() => stack([Query.Weight, Key.Weight], 0).unsqueeze(1);
}

/// <summary>Full attention with queries and keys normalised and then rotated by position.</summary>
internal static class RotaryAttention
{
    /// <summary>Attends; none of the inputs is kept or changed.</summary>
    /// <param name="joint">Queries, keys and values of all tokens, <c>[batch, tokens, 3 * heads * head_dim]</c>, text first.</param>
    /// <param name="image">Norms of image tokens (of all, where <paramref name="text"/> is null).</param>
    /// <param name="text">Norms of text tokens.</param>
    /// <param name="rope">Turns.</param>
    /// <returns><c>[batch, tokens, heads * head_dim]</c>.</returns>
    public static Tensor Attend(Tensor joint, QueryKeyNorm image, QueryKeyNorm? text, RotaryTable rope)
    {
        using var scope = NewDisposeScope();
        var headDim = rope.Rotations.shape[1] * 2;
        var (batch, tokens, heads) = (joint.shape[0], joint.shape[1], joint.shape[2] / 3 / headDim);
        var parts = joint.view(batch, tokens, 3, heads, headDim);

        var queriesAndKeys = Turn(RmsNorm.Normalise(parts.narrow(2, 0, 2), QueryKeyNorm.Epsilon) * Gains(image, text, rope), rope);
        var query = queriesAndKeys.select(2, 0).transpose(1, 2);
        var key = queriesAndKeys.select(2, 1).transpose(1, 2);
        var value = parts.select(2, 2).transpose(1, 2);
        var attended = nn.functional.scaled_dot_product_attention(query, key, value);
        return attended.transpose(1, 2).reshape(batch, tokens, heads * headDim).MoveToOuterDisposeScope();
    }

    private static Tensor Gains(QueryKeyNorm image, QueryKeyNorm? text, RotaryTable rope)
    {
        if (text is null) return image.Gains();
        var (textGains, imageGains) = (text.Gains(), image.Gains());
        long[] each = [-1, .. imageGains.shape];
        each[0] = rope.TextTokens;
        var ofText = textGains.unsqueeze(0).expand(each);
        each[0] = rope.ImageTokens;
        return cat([ofText, imageGains.unsqueeze(0).expand(each)], 0);
    }

    private static Tensor Turn(Tensor vectors, RotaryTable rope)
    {
        var shape = vectors.shape;
        var pairs = vectors.to(ScalarType.Float32).view([.. shape[..^1], shape[^1] / 2, 2]).view_as_complex();
        var turned = pairs * rope.Rotations.view(shape[1], 1, 1, shape[^1] / 2);
        return turned.view_as_real().view(shape).to(vectors.dtype);
    }
}
