using System.ComponentModel.DataAnnotations;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>What is painted and read at every evaluation of a flow-matching run.</summary>
public sealed record PaintingEvaluationOptions
{
    /// <summary>Scenes whose dense captions are painted.</summary>
    [Range(1, 100_000)]
    public int Dense { get; init; } = 96;

    /// <summary>The benchmark's validation prompts that are painted as people wrote them, evenly chosen.</summary>
    [Range(0, 100_000)]
    public int Plain { get; init; } = 48;

    /// <summary>Denoising steps.</summary>
    [Range(1, 1000)]
    public int Steps { get; init; } = 8;

    /// <summary>Classifier-free guidance; 1 is none.</summary>
    [Range(1.0, 100.0)]
    public double Guidance { get; init; } = 3;

    /// <summary>Root of the scenes and the noise.</summary>
    public ulong Seed { get; init; } = 77;
}
