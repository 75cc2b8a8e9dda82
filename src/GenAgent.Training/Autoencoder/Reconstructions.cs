using GenAgent.Training.Sources;

namespace GenAgent.Training.Autoencoder;

/// <summary>Images of the source, and what the autoencoder makes of them.</summary>
/// <param name="Originals">The images.</param>
/// <param name="Images">Their reconstructions, in the same order.</param>
/// <param name="MeanSquaredError">Over all pixels and channels in [-1, 1], before rounding to bytes; 0 or more.</param>
public sealed record Reconstructions(IReadOnlyList<PixelImage> Originals, IReadOnlyList<PixelImage> Images, double MeanSquaredError);
