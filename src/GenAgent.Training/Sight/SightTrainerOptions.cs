using System.ComponentModel.DataAnnotations;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;

namespace GenAgent.Training.Sight;

/// <summary>How a vision tower learns to see.</summary>
public sealed record SightTrainerOptions
{
    /// <summary>The folder of the model whose tower learns.</summary>
    public required string StartFrom { get; init; }

    /// <summary>A tower of another shape, begun from nothing in the place of the model's own; null goes on with the model's own.</summary>
    public VisionShape? Tower { get; init; }

    /// <summary>
    /// How much the features are drawn to those of the tower that the model began with, for a language model that is used to those; 0 leaves them free. The
    /// loss gains this times the squared distance, relative to the old features' own square.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double Distillation { get; init; }

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}
