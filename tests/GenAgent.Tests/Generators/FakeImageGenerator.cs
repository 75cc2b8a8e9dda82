using System.Collections.Concurrent;
using GenAgent.Generators;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators;

/// <summary>A generator that does what the test says, and keeps what it was asked.</summary>
internal sealed class FakeImageGenerator(
    Func<ImageGenerationRequest, ImageGenerationOptions?, CancellationToken, Task<ImageGenerationResponse>>? paint = null,
    string name = "fake") : IImageGenerator
{
    private readonly ImageGeneratorMetadata _metadata = new(name);

    public ConcurrentQueue<string> Prompts { get; } = new();

    public bool IsDisposed { get; private set; }

    /// <summary>An image that can be told from others by its seed, as a generator of ours gives it.</summary>
    public static ImageGenerationResponse Painted(long seed) => new([TestImages.Png().WithSeed(seed)]);

    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Prompts.Enqueue(request.Prompt!);
        return paint is null ? Painted(options.GetSeed() ?? -1) : await paint(request, options, cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ImageGeneratorMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => IsDisposed = true;
}
