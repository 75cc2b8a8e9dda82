using GenAgent.Models;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Server.Tests.Environments;

/// <summary>An image generator whose first image is one and whose others fail.</summary>
internal sealed class SpoilingBackend : IImageGenerator
{
    private int _calls;

    public static void AddTo(BackendRegistry registry) =>
        _ = registry.AddImageGenerator(
            new("spoiling", BackendForm.NameOnly, "spoiling", "fails from the second image on"),
            (_, _) => ValueTask.FromResult<IImageGenerator>(new SpoilingBackend()));

    public Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Interlocked.Increment(ref _calls) == 1
            ? Task.FromResult(new ImageGenerationResponse([new DataContent(TestImages.Encode(64, 64, SKColors.Red), "image/png")]))
            : throw new BackendRejectedException("the image is spoilt");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
