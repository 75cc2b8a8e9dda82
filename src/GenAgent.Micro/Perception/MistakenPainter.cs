using GenAgent.Generators;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Now and then has a generator paint another scene than it was told: something missing, doubled, of another colour, class, size or place. An
/// agent that learns to judge from a good generator's images learns to believe its own prompt; here it has to look. Prompts that are no
/// dense captions pass as they are. Settled by each request's seed; a request without one passes as it is. No scene that the benchmark asks for
/// comes of it. Safe to use from many tasks at once.
/// </summary>
/// <param name="inner">The generator; it is disposed of with this.</param>
/// <param name="share">Share of the requests that go wrong, in [0, 1].</param>
public sealed class MistakenPainter(IImageGenerator inner, double share) : DelegatingImageGenerator(inner)
{
    private readonly double _share = share is >= 0 and <= 1
        ? share
        : throw new ArgumentOutOfRangeException(nameof(share), share, "The share must lie in [0, 1].");

    /// <inheritdoc/>
    public override Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var painted = options.GetSeed() is { } seed && Mistake(request.Prompt ?? string.Empty, seed) is { } other
            ? new ImageGenerationRequest(other) { OriginalImages = request.OriginalImages }
            : request;
        return base.GenerateAsync(painted, options, cancellationToken);
    }

    /// <summary>The caption that is painted instead; null for the one that was asked for.</summary>
    internal string? Mistake(string prompt, long seed)
    {
        var draws = new SeededDraws(SeedPath.FromRoot((ulong)seed).Child("mistake"));
        if (!draws.Chance(_share) || Read(prompt) is not { } scene) return null;
        var other = SceneMistakes.Make(scene, draws);
        return HeldOutCombinations.OfBenchmark.Contains(other) ? null : DenseCaption.Write(other);
    }

    /// <summary>The scene that a dense caption describes; null for any other text.</summary>
    internal static Scene? Read(string prompt)
    {
        var (objects, canvas) = DenseCaptionParser.Parse(prompt);
        return canvas is { } back && objects.Count is > 0 and <= World.MaxObjects && objects.All(o => o is { Color: not null, Size: not null, Cell: not null })
            && objects.DistinctBy(o => o.Cell).Count() == objects.Count
            ? new Scene(back, objects.Select(o => new SceneObject(o.Class, o.Color!.Value, o.Size!.Value, o.Cell!.Value)))
            : null;
    }
}
