using System.ComponentModel.DataAnnotations;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;

namespace GenAgent.Training.Sight;

/// <summary>Options of vision tower training.</summary>
public sealed record SightTrainerOptions
{
    /// <summary>The folder of the model whose tower is trained.</summary>
    public required string StartFrom { get; init; }

    /// <summary>The shape of a new tower with random weights that replaces the model's own; null continues with the model's own.</summary>
    public VisionShape? Tower { get; init; }

    /// <summary>
    /// Weight of distillation from the model's original tower, which keeps the features familiar to the language model; 0 for none. The loss term is the
    /// squared distance between new and old features, relative to the old features' squared norm.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double Distillation { get; init; }

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}
