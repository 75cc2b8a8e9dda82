using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>
/// The diagonal Gaussian that an image is encoded to. Owns its two tensors; dispose it, or make it inside a dispose scope.
/// </summary>
public sealed class LatentDistribution : IDisposable
{
    internal LatentDistribution(Tensor moments)
    {
        using var scope = NewDisposeScope();
        var halves = moments.chunk(2, 1);
        Mean = halves[0].MoveToOuterDisposeScope();
        LogVariance = halves[1].Within(-30, 20).MoveToOuterDisposeScope();
    }

    /// <summary>Mean, which is also the mode, <c>[batch, latent, height, width]</c>.</summary>
    public Tensor Mean { get; }

    /// <summary>Natural logarithm of the variance, clamped to [-30, 20]; shape of <see cref="Mean"/>.</summary>
    public Tensor LogVariance { get; }

    /// <summary>The sample for standard normal <paramref name="noise"/> (shape of <see cref="Mean"/>); gradients flow to the encoder.</summary>
    /// <param name="noise">Standard normal, of the mean's shape.</param>
    /// <returns>A tensor of the mean's shape.</returns>
    public Tensor Sample(Tensor noise)
    {
        ArgumentNullException.ThrowIfNull(noise);
        using var scope = NewDisposeScope();
        return Mean.Plus(LogVariance.Times(0.5).exp() * noise).MoveToOuterDisposeScope();
    }

    /// <summary>Kullback-Leibler divergence from the standard normal, summed over each image: <c>[batch]</c>, in nats.</summary>
    /// <returns><c>[batch]</c>.</returns>
    public Tensor KullbackLeibler()
    {
        using var scope = NewDisposeScope();
        var each = (Mean.Squared().Plus(LogVariance.exp()).Minus(1) - LogVariance).Times(0.5);
        return each.sum([1, 2, 3]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        LogVariance.Dispose();
    }
}
