using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace GenAgent.Generators.Delegating;

/// <summary>Asks the next generator when one fails; the last one's failure is the caller's.</summary>
internal sealed class FallbackImageGenerator(IImageGenerator inner, IReadOnlyList<IImageGenerator> others, ILogger logger) : DelegatingImageGenerator(inner)
{
    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var current = InnerGenerator;
        foreach (var next in others)
        {
            try
            {
                return Sign(await current.GenerateAsync(request, options, cancellationToken), current);
            }
            catch (BackendException exception)
            {
                GeneratorLog.FellBack(logger, RetryingImageGenerator.Describe(current), RetryingImageGenerator.Describe(next), exception.Message);
                current = next;
            }
        }

        return Sign(await current.GenerateAsync(request, options, cancellationToken), current);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            foreach (var other in others)
            {
                other.Dispose();
            }
        }
    }

    // A trajectory must tell which generator painted, and the metadata of the whole names only the first.
    private static ImageGenerationResponse Sign(ImageGenerationResponse response, IImageGenerator generator)
    {
        foreach (var content in response.Contents)
        {
            content.AdditionalProperties ??= [];
            content.AdditionalProperties[ImageOptionsExtensions.GeneratorKey] = RetryingImageGenerator.Describe(generator);
        }

        return response;
    }
}
