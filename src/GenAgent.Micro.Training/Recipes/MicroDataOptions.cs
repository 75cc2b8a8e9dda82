using System.ComponentModel.DataAnnotations;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>The miniature world as training data.</summary>
public sealed record MicroDataOptions
{
    /// <summary>Root of all scenes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of scenes; 0 for a new one every time.</summary>
    [Range(0, 100_000_000)]
    public long Scenes { get; init; }

    /// <summary>Distribution of the scenes.</summary>
    public SceneSamplerOptions Sampler { get; init; } = new();

    /// <summary>Shares of the caption styles.</summary>
    public CaptionMixOptions Captions { get; init; } = new();
}
