using GenAgent.Torch;
using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>Clipping of gradients by their global norm, as PyTorch's <c>clip_grad_norm_</c> does it.</summary>
public static class GradientClipping
{
    /// <summary>The Euclidean norm over all elements.</summary>
    /// <param name="gradient">The gradient, laid out as the parameters.</param>
    /// <returns>0 or more; not finite if an element is not.</returns>
    public static double Norm(Tensor gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        using var norm = gradient.norm();
        using var wide = norm.to_type(ScalarType.Float64);
        return wide.item<double>();
    }

    /// <summary>Scales the gradient in place so that its norm is at most <paramref name="maxNorm"/>.</summary>
    /// <param name="gradient">The gradient, laid out as the parameters.</param>
    /// <param name="maxNorm">The largest norm, above 0.</param>
    /// <returns>The norm before clipping; if it is not finite, the gradient is not changed.</returns>
    public static double ClipByNorm(Tensor gradient, double maxNorm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNorm);
        var norm = Norm(gradient);
        var factor = maxNorm / (norm + 1e-6);
        if (double.IsFinite(norm) && factor < 1)
        {
            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            gradient.TimesInPlace(factor);
        }

        return norm;
    }
}
