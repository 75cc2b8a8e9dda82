using GenAgent.Generators;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Tests.Agents;

/// <summary>A generator whose image depends on prompt and seed alone, and which tells the seed it used.</summary>
internal sealed class SeededGenerator : IImageGenerator
{
    private readonly List<(string Prompt, ImageGenerationOptions Options)> _requests = [];

    public IReadOnlyList<(string Prompt, ImageGenerationOptions Options)> Requests => _requests;

    public IReadOnlyList<AIContent>? LastOriginals { get; private set; }

    /// <summary>What to do in place of making the image; it may return null to make it all the same.</summary>
    public Func<int, string, CancellationToken, Task<AIContent?>>? Instead { get; init; }

    public bool TellsSeed { get; init; } = true;

    public GeneratorProfile? Profile { get; init; }

    public static byte[] Png(int width, int height, uint color)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(new SKColor(color | 0xFF000000));
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        int index;
        lock (_requests)
        {
            index = _requests.Count;
            _requests.Add((request.Prompt!, options!));
            LastOriginals = request.OriginalImages?.ToArray();
        }

        if (Instead is not null && await Instead(index, request.Prompt!, cancellationToken) is { } other)
        {
            return new ImageGenerationResponse([other]);
        }

        options.GetProgress()?.Report(new ImageProgress(0.5, "sampling"));
        var seed = options.GetSeed()!.Value;
        var (width, height) = options!.ImageSize is { } size ? (size.Width, size.Height) : (8, 8);
        var color = (uint)(seed ^ request.Prompt!.Aggregate(17, (hash, letter) => (hash * 31) + letter));
        var image = new DataContent(Png(width, height, color), "image/png");
        return new ImageGenerationResponse([TellsSeed ? image.WithSeed(seed) : image]);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ImageGeneratorMetadata)
            ? new ImageGeneratorMetadata("seeded", null, "painter-1")
            : serviceType == typeof(GeneratorProfile) ? Profile : null;

    public void Dispose()
    {
    }
}
