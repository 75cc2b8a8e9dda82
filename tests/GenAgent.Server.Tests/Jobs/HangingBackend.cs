using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Tests.Jobs;

/// <summary>An image generator that never answers and hears no cancellation.</summary>
internal sealed class HangingBackend : IImageGenerator
{
    private readonly TaskCompletionSource<ImageGenerationResponse> _never = new();

    public static void AddTo(BackendRegistry registry) =>
        _ = registry.AddImageGenerator(
            new("hanging", BackendForm.NameOnly, "hanging", "never answers"), (_, _) => ValueTask.FromResult<IImageGenerator>(new HangingBackend()));

    public Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default) => _never.Task;

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
