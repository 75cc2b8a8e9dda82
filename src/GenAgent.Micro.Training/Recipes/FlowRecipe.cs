using GenAgent.Training.FlowMatching;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train flow</c>.</summary>
public sealed record FlowRecipe
{
    /// <summary>What it trains on.</summary>
    public MicroDataOptions Data { get; init; } = new();

    /// <summary>The folder that holds <c>vae/</c>, relative to the working folder.</summary>
    public string Vae { get; init; } = string.Empty;

    /// <summary>
    /// The model to start from: a folder, relative to the working folder, or a URI of a local generator (<c>micro</c>, <c>hf:ORG/NAME</c>); empty begins
    /// with random weights.
    /// </summary>
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>The model and how it is trained.</summary>
    public FlowMatchingTrainerOptions Model { get; init; } = new();

    /// <summary>What is painted and read at every evaluation.</summary>
    public PaintingEvaluationOptions Evaluation { get; init; } = new();
}
