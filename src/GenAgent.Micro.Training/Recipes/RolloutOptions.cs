using System.ComponentModel.DataAnnotations;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>How a model that is being trained is let at work: on the miniature benchmark's validation prompts, judged by the verifier.</summary>
public sealed record RolloutOptions
{
    /// <summary>The URI of the generator that it calls; empty for no rollouts.</summary>
    public string Generator { get; init; } = string.Empty;

    /// <summary>Prompts of each category and domain.</summary>
    [Range(1, 1000)]
    public int PromptsPerTag { get; init; } = 6;

    /// <summary>Runs a prompt.</summary>
    [Range(1, 1000)]
    public int Images { get; init; } = 1;

    /// <summary>Rounds that may bring an image.</summary>
    [Range(1, 100)]
    public int Rounds { get; init; } = 2;

    /// <summary>Runs under way at once.</summary>
    [Range(1, 1024)]
    public int Jobs { get; init; } = 16;

    /// <summary>Root of all randomness.</summary>
    public ulong Seed { get; init; } = 77;
}
