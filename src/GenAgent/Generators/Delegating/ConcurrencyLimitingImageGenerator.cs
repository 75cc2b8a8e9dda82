using Microsoft.Extensions.AI;

namespace GenAgent.Generators.Delegating;

/// <summary>Lets so many requests through at once; the others wait, and can be cancelled while they do.</summary>
internal sealed class ConcurrencyLimitingImageGenerator(IImageGenerator inner, int limit) : DelegatingImageGenerator(inner)
{
    private readonly SemaphoreSlim _free = new(limit, limit);

    public override async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            return await base.GenerateAsync(request, options, cancellationToken);
        }
        finally
        {
            _free.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _free.Dispose();
        }
    }
}
