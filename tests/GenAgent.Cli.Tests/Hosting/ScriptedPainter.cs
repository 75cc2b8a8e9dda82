using GenAgent.Generators;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Cli.Tests.Hosting;

/// <summary>A generator that paints two halves, in colours drawn from the seed; 32 x 16 unless a size is asked for.</summary>
internal sealed class ScriptedPainter : IImageGenerator
{
    private int _calls;

    /// <summary>Called before each image with its number, from 1: to wait, to fail, to cancel.</summary>
    public Func<int, CancellationToken, Task> Before { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Whether it says which seed drew each image, as the project's own generators do.</summary>
    public bool TellsSeeds { get; init; }

    /// <summary>Whether it says once how far it is.</summary>
    public bool TellsProgress { get; init; }

    /// <summary>How much brighter than usual it paints.</summary>
    public byte Shift { get; init; }

    public int Calls => _calls;

    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        await Before(Interlocked.Increment(ref _calls), cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (TellsProgress)
        {
            options.GetProgress()?.Report(new ImageProgress(0.5, "sampling") { Step = 4, Steps = 8 });
        }

        var images = Enumerable.Range(0, options?.Count ?? 1).Select(i => (AIContent)Paint(options, (options.GetSeed() ?? 0) + i));
        return new ImageGenerationResponse([.. images]);
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private DataContent Paint(ImageGenerationOptions? options, long seed)
    {
        var (width, height) = (options?.ImageSize?.Width ?? 32, options?.ImageSize?.Height ?? 16);
        using var bitmap = new SKBitmap(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, x < width / 2 ? new SKColor((byte)((seed % 200) + Shift), 40, 40) : new SKColor(40, 40, (byte)(seed >> 8)));
            }
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var image = new DataContent(png.ToArray(), "image/png");
        return TellsSeeds ? image.WithSeed(seed) : image;
    }
}
