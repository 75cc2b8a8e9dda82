using Microsoft.Extensions.AI;

namespace GenAgent.Telemetry;

/// <summary>Masks known secrets in a generator's errors.</summary>
internal sealed class MaskingImageGenerator(IImageGenerator inner, SecretMask mask) : DelegatingImageGenerator(inner)
{
    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            var response = await base.GenerateAsync(request, options, cancellationToken);
            foreach (var error in response.Contents.OfType<ErrorContent>())
            {
                error.Message = mask.MaskValues(error.Message);
            }

            return response;
        }
        catch (Exception failure) when (MaskedFailure.Has(failure, mask))
        {
            throw MaskedFailure.Of(failure, mask);
        }
    }
}
