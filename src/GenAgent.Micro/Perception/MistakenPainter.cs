using GenAgent.Generators;
using GenAgent.Micro.Canvas;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Scenes;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Makes a generator sometimes paint a different scene from the prompt: something missing, doubled, or of another colour, class, size or place. An agent
/// that learns to judge on a good generator's images learns to trust its own prompt; here it must look. The request's seed decides; requests without a seed
/// and prompts that are not dense captions are passed on unchanged. Never produces a scene that the benchmark asks for. Safe to use from many tasks at
/// once.
/// </summary>
/// <param name="inner">The generator; disposed with this object.</param>
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

    /// <summary>The caption to paint instead; null for the requested one.</summary>
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
