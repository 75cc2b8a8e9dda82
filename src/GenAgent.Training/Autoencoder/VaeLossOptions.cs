using System.ComponentModel.DataAnnotations;

namespace GenAgent.Training.Autoencoder;

/// <summary>Weights of the terms of an autoencoder's loss; each term is a mean over its values.</summary>
public sealed record VaeLossOptions
{
    /// <summary>Weight of the absolute difference of pixels (values in [-1, 1]).</summary>
    [Range(0.0, 1e6)]
    public double L1 { get; init; } = 1;

    /// <summary>Weight of the squared difference of pixels.</summary>
    [Range(0.0, 1e6)]
    public double L2 { get; init; } = 1;

    /// <summary>Weight of the Kullback-Leibler divergence of the latents from the standard normal, in nats per latent value.</summary>
    [Range(0.0, 1e6)]
    public double KullbackLeibler { get; init; } = 1e-4;

    /// <summary>
    /// Weight of the difference between the features of a fixed network of random filters, which emphasizes edges and textures; 0 omits it.
    /// </summary>
    [Range(0.0, 1e6)]
    public double Perceptual { get; init; }
}
