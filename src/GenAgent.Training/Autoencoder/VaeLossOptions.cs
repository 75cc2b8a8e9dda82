using System.ComponentModel.DataAnnotations;

namespace GenAgent.Training.Autoencoder;

/// <summary>Weights of the parts of an autoencoder's loss, each a mean over the values that it is about.</summary>
public sealed record VaeLossOptions
{
    /// <summary>Of the absolute difference of pixels (values in [-1, 1]).</summary>
    [Range(0.0, 1e6)]
    public double L1 { get; init; } = 1;

    /// <summary>Of the squared difference of pixels.</summary>
    [Range(0.0, 1e6)]
    public double L2 { get; init; } = 1;

    /// <summary>Of the divergence of the latents from the standard normal, in nats a latent value.</summary>
    [Range(0.0, 1e6)]
    public double KullbackLeibler { get; init; } = 1e-4;

    /// <summary>
    /// Of the difference of features that a fixed net of random filters sees, which weighs edges and textures more than flat areas do; 0 leaves it out.
    /// </summary>
    [Range(0.0, 1e6)]
    public double Perceptual { get; init; }
}
