using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>
/// The rotary position table, shared by all blocks, steps and images of one size.
/// Owns its tensor; immutable and safe to share between threads.
/// </summary>
public sealed class RotaryTable : IDisposable
{
    private const double Theta = 10_000;

    private RotaryTable(Tensor rotations, int textTokens)
    {
        Rotations = rotations;
        TextTokens = textTokens;
    }

    /// <summary>Unit complex numbers, <c>[tokens, head_dim / 2]</c>, text first.</summary>
    internal Tensor Rotations { get; }

    /// <summary>How many of the tokens are text.</summary>
    public int TextTokens { get; }

    /// <summary>How many of the tokens are image.</summary>
    public int ImageTokens => (int)Rotations.shape[0] - TextTokens;

    /// <summary>The table for text tokens, all at the origin, and image tokens at <paramref name="imageIds"/>.</summary>
    /// <param name="config">Says which channels turn with which axis.</param>
    /// <param name="textTokens">Number of text tokens.</param>
    /// <param name="imageIds">Positions, <c>[image tokens, axes]</c> (see <see cref="Sampling.LatentPacking.ImageIds"/>).</param>
    /// <param name="device">Where the model is.</param>
    /// <returns>The table; the caller disposes it.</returns>
    public static RotaryTable For(FluxTransformerConfig config, int textTokens, Tensor imageIds, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(imageIds);
        using var textIds = zeros(textTokens, imageIds.shape[1], dtype: ScalarType.Float32, device: imageIds.device);
        return For(config, textIds, imageIds, device);
    }

    /// <summary>The table for any positions of text and image, both <c>[tokens, axes]</c>.</summary>
    /// <param name="config">The transformer's shape.</param>
    /// <param name="textIds"><c>[tokens, axes]</c>.</param>
    /// <param name="imageIds"><c>[tokens, axes]</c>.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <returns>The table; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The ids have another number of axes than the config.</exception>
    public static RotaryTable For(FluxTransformerConfig config, Tensor textIds, Tensor imageIds, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(textIds);
        ArgumentNullException.ThrowIfNull(imageIds);
        var axes = config.AxesDimsRope;
        if (textIds.shape[^1] != axes.Count || imageIds.shape[^1] != axes.Count)
        {
            throw new ArgumentException(
                $"Ids must be [tokens, {axes.Count}], but are [{string.Join(", ", textIds.shape)}] and [{string.Join(", ", imageIds.shape)}].",
                nameof(imageIds));
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var ids = cat([textIds, imageIds], 0).to(ScalarType.Float64).cpu();
        var angles = cat([.. axes.Select((channels, axis) => AxisAngles(ids.select(1, axis), channels))], -1);
        var (cosines, sines) = (angles.cos().to(ScalarType.Float32), angles.sin().to(ScalarType.Float32));
        var rotations = stack([cosines, sines], -1).view_as_complex();
        rotations = device is null ? rotations : rotations.to(device);
        return new RotaryTable(rotations.DetachFromDisposeScope(), (int)textIds.shape[0]);
    }

    /// <inheritdoc/>
    public void Dispose() => Rotations.Dispose();

    private static Tensor AxisAngles(Tensor positions, int channels)
    {
        var exponents = Arithmetic.Counted(channels, ScalarType.Float64, step: 2).Over(channels);
        return positions.unsqueeze(1) * pow(Theta, -exponents);
    }
}
