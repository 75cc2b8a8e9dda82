using GenAgent.Training.FlowMatching;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train flow</c>.</summary>
public sealed record FlowRecipe
{
    /// <summary>What it trains on.</summary>
    public MicroDataOptions Data { get; init; } = new();

    /// <summary>The folder that holds <c>vae/</c>, relative to the working folder.</summary>
    public string Vae { get; init; } = string.Empty;

    /// <summary>A model's folder to go on from, relative to the working folder; empty begins anew.</summary>
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>The model and how it is trained.</summary>
    public FlowMatchingTrainerOptions Model { get; init; } = new();

    /// <summary>What is painted and read at every evaluation.</summary>
    public PaintingEvaluationOptions Evaluation { get; init; } = new();
}
