using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>Latents as the transformer's tokens: each token holds a square of 2 x 2 latents, features in the order channel, row, column.</summary>
public static class LatentPacking
{
    /// <summary>Side of a token, in latents.</summary>
    public const int PatchSide = 2;

    /// <summary><c>[batch, channels, height, width]</c> to <c>[batch, height / 2 * width / 2, channels * 4]</c>.</summary>
    /// <param name="latents">The latents.</param>
    /// <returns><c>[batch, tokens, channels * 4]</c>.</returns>
    /// <exception cref="ArgumentException">Height or width is odd.</exception>
    public static Tensor Pack(Tensor latents)
    {
        ArgumentNullException.ThrowIfNull(latents);
        var shape = latents.shape;
        if (shape.Length != 4 || shape[2] % PatchSide != 0 || shape[3] % PatchSide != 0)
            throw new ArgumentException(
                $"Latents must be [batch, channels, height, width] with even sides, but are [{string.Join(", ", shape)}].", nameof(latents));
        var (batch, channels, rows, columns) = (shape[0], shape[1], shape[2] / PatchSide, shape[3] / PatchSide);
        using var scope = NewDisposeScope();
        return latents.reshape(batch, channels, rows, PatchSide, columns, PatchSide)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, rows * columns, channels * PatchSide * PatchSide)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of <see cref="Pack"/>, for latents of the given height and width.</summary>
    /// <param name="tokens"><c>[batch, tokens, channels * 4]</c>.</param>
    /// <param name="height">The latents' height, even.</param>
    /// <param name="width">The latents' width, even.</param>
    /// <returns><c>[batch, channels, height, width]</c>.</returns>
    /// <exception cref="ArgumentException">The number of tokens does not fit.</exception>
    public static Tensor Unpack(Tensor tokens, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var (batch, count, features) = (tokens.shape[0], tokens.shape[1], tokens.shape[2]);
        var (rows, columns) = (height / PatchSide, width / PatchSide);
        if (rows * columns != count || height % PatchSide != 0 || width % PatchSide != 0)
            throw new ArgumentException($"{count} tokens are not the {rows} x {columns} of latents {height} high and {width} wide.", nameof(tokens));
        var channels = features / (PatchSide * PatchSide);
        using var scope = NewDisposeScope();
        return tokens.reshape(batch, rows, columns, channels, PatchSide, PatchSide)
            .permute(0, 3, 1, 4, 2, 5)
            .reshape(batch, channels, height, width)
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Positions of the tokens of latents of this height and width: <c>[tokens, 3]</c> fp32, axes <paramref name="axis0"/> (0 for the image, 1 for a
    /// reference), row, column.
    /// </summary>
    /// <param name="height">Height.</param>
    /// <param name="width">Width.</param>
    /// <param name="axis0">The value of the first axis: 0 for the image, 1 for a reference.</param>
    /// <returns><c>[tokens, 3]</c>, fp32.</returns>
    public static Tensor ImageIds(int height, int width, int axis0 = 0)
    {
        var (rows, columns) = (height / PatchSide, width / PatchSide);
        using var scope = NewDisposeScope();
        var row = Arithmetic.Counted(rows, ScalarType.Float32).unsqueeze(1).expand(rows, columns);
        var column = Arithmetic.Counted(columns, ScalarType.Float32).unsqueeze(0).expand(rows, columns);
        return stack([Arithmetic.Filled([rows, columns], axis0), row, column], -1).reshape(rows * columns, 3).MoveToOuterDisposeScope();
    }
}
