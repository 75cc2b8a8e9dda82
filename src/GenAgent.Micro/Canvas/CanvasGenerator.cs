using GenAgent.Generators;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Models;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Canvas;

/// <summary>The painter's error rates, each a probability in [0, 1] per object.</summary>
public sealed record CanvasOptions
{
    /// <summary>An object is left out.</summary>
    public double DropRate { get; init; } = 0.05;

    /// <summary>Two neighbouring objects merge: the class of one with the colour of the other.</summary>
    public double MergeRate { get; init; } = 0.04;

    /// <summary>An object gets another colour.</summary>
    public double RecolorRate { get; init; } = 0.05;
}

/// <summary>
/// A painter without a network: it understands only dense captions, and makes errors that are drawn from the seed. Used to test agents with a tool that
/// they were not trained on. Safe to use from many tasks at once; the same prompt, size and seed give the same image.
/// </summary>
/// <remarks>
/// Missing values are filled in: a cell or colour at random, a size as large. Images are squares of a multiple of
/// 96 pixels, the largest that fits into the requested size.
/// </remarks>
public sealed class CanvasGenerator : IImageGenerator
{
    private readonly CanvasOptions _options;
    private readonly SeedPath _unseeded;
    private long _calls = -1;

    /// <summary>Makes a painter.</summary>
    /// <param name="options">Error rates; null for the defaults.</param>
    /// <param name="unseeded">Root of the seeds for requests without one; null for a fixed root.</param>
    /// <exception cref="ArgumentException">A rate is outside [0, 1].</exception>
    public CanvasGenerator(CanvasOptions? options = null, SeedPath? unseeded = null)
    {
        _options = options ?? new();
        foreach (var (name, rate) in new[]
        {
            (nameof(CanvasOptions.DropRate), _options.DropRate),
            (nameof(CanvasOptions.MergeRate), _options.MergeRate),
            (nameof(CanvasOptions.RecolorRate), _options.RecolorRate)
        })
        {
            if (!(rate is >= 0 and <= 1))
                throw new ArgumentException($"{name} is {rate}, but must lie in [0, 1].", nameof(options));
        }

        _unseeded = unseeded ?? SeedPath.FromRoot(0).Child("canvas");
    }

    /// <inheritdoc/>
    /// <exception cref="BackendRejectedException">The request brings an image to start from.</exception>
    public Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (request.OriginalImages?.Any() == true)
            throw new BackendRejectedException("canvas paints from captions alone: send no image to start from.");
        var count = options?.Count ?? 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(options));
        var scale = options?.ImageSize is { } size ? Math.Clamp(Math.Min(size.Width, size.Height) / World.ImageSize, 1, 16) : 1;
        var seed = options.GetSeed();
        using var renderer = new SceneRenderer(scale);
        var images = new List<AIContent>(count);
        for (var i = 0; i < count; i++)
        {
            var own = seed is { } first ? first + i : _unseeded.Child("call", Interlocked.Increment(ref _calls)).ImageSeed;
            var draws = new SeededDraws(SeedPath.FromRoot((ulong)own).Child("canvas"));
            images.Add(new DataContent(renderer.Render(Imagine(request.Prompt ?? string.Empty, draws)).EncodePng(), "image/png").WithSeed(own));
        }

        return Task.FromResult(new ImageGenerationResponse(images));
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(ImageGeneratorMetadata) ? new ImageGeneratorMetadata("canvas", providerUri: null, "canvas/1")
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>The scene to paint, after reading the caption and applying errors.</summary>
    internal Scene Imagine(string prompt, SeededDraws draws)
    {
        var (mentioned, canvas) = DenseCaptionParser.Parse(prompt);
        var painted = new Dictionary<GridCell, SceneObject>();
        SceneObject? last = null;
        foreach (var mention in mentioned)
        {
            var cell = mention.Cell ?? draws.Pick(World.Cells);
            var color = mention.Color ?? draws.Pick(World.Colors);
            if (draws.Chance(_options.RecolorRate))
                color = draws.Pick([.. World.Colors.Where(c => c != color)]);
            var item = SceneSampler.Place(draws, mention.Class, color, mention.Size ?? ShapeSize.Large, cell);
            if (draws.Chance(_options.DropRate))
                continue;
            if (last is not null && draws.Chance(_options.MergeRate))
            {
                painted[last.Cell] = last with { Color = item.Color };
                continue;
            }

            if (painted.Count == World.MaxObjects && !painted.ContainsKey(cell))
                continue;
            painted[cell] = last = item;
        }

        return new Scene(canvas ?? draws.Pick(World.Canvases), painted.Values);
    }
}
