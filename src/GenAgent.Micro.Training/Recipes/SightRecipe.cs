using System.ComponentModel.DataAnnotations;
using GenAgent.Micro.Perception;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train sight</c>.</summary>
public sealed record SightRecipe
{
    /// <summary>Rendered scenes.</summary>
    public PerceptionOptions Rendered { get; init; } = new();

    /// <summary>Weight of the rendered scenes beside the paintings' weights.</summary>
    [Range(0.0, 1e9)]
    public double RenderedWeight { get; init; } = 1;

    /// <summary>Generators' images.</summary>
    public IReadOnlyList<PaintingsOptions> Paintings { get; init; } = [];

    /// <summary>
    /// Scenes that are rendered, and at most so many of the paintings in each folder's last tenth, for evaluations; from that tenth the tower does not
    /// learn here.
    /// </summary>
    [Range(1, 100_000)]
    public int HeldOut { get; init; } = 300;

    /// <summary>
    /// The model whose vision tower learns: a folder, relative to the working folder, or a URI of a local chat model (<c>micro</c>, <c>hf:ORG/NAME</c>).
    /// </summary>
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>A vision tower of another shape, begun from nothing in the place of the model's own.</summary>
    public VisionShape? Tower { get; init; }

    /// <summary>How much the features are drawn to those of the tower that the model began with; 0 leaves them free.</summary>
    [Range(0.0, 1000.0)]
    public double Distillation { get; init; }

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}

/// <summary>A folder of <c>genagent data paint</c>.</summary>
public sealed record PaintingsOptions
{
    /// <summary>The folder, relative to the working folder.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The share of the mixture, of any scale.</summary>
    [Range(1e-6, 1e9)]
    public double Weight { get; init; } = 1;

    /// <summary>Only images with something that was read with at most this confidence; 1 for all.</summary>
    [Range(0.0, 1.0)]
    public double MaxConfidence { get; init; } = 1;
}
