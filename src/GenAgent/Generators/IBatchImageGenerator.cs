using Microsoft.Extensions.AI;

namespace GenAgent.Generators;

/// <summary>
/// A generator that paints several requests at once faster than one after the other, each with its own prompt and seed.
/// <see cref="ImageGeneratorBuilderExtensions.UseBatching"/> gathers the requests. Implementations are found with <see cref="IImageGenerator.GetService"/>.
/// </summary>
public interface IBatchImageGenerator : IImageGenerator
{
    /// <summary>
    /// Paints all requests; response i answers request i, and holds the same images that the request would give alone.
    /// All have the same size, steps, guidance and number of input images. Throws when any of them cannot be painted.
    /// </summary>
    Task<IReadOnlyList<ImageGenerationResponse>> GenerateBatchAsync(
        IReadOnlyList<(ImageGenerationRequest Request, ImageGenerationOptions? Options)> requests, CancellationToken cancellationToken = default);
}
