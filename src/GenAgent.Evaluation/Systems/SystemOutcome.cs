using GenAgent.Agents;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>What a system made of a prompt. Immutable.</summary>
/// <param name="SentPrompt">The prompt that the final image was made from.</param>
/// <param name="Image">The final image, or null when there is none.</param>
/// <param name="Failure">Why there is none; null when there is one.</param>
public sealed record SystemOutcome(string SentPrompt, DataContent? Image, string? Failure = null)
{
    /// <summary>Where the final image lies below the evaluation's folder, where it is kept there already; null otherwise.</summary>
    public string? Place { get; init; }

    /// <summary>Whether the system said that it will not or cannot make the image.</summary>
    public bool Declined { get; init; }

    /// <summary>What the agent did on the way; null where there was none.</summary>
    public AgentConduct? Agent { get; init; }

    /// <summary>The agent's whole run; null where there was no agent, or where an earlier process made it.</summary>
    public AgentResult? Run { get; init; }

    /// <summary>The agent's images in order, the final one among them; empty where there was no agent.</summary>
    public IReadOnlyList<SystemAttempt> Attempts { get; init; } = [];
}

/// <summary>One of an agent's images.</summary>
/// <param name="SentPrompt">The prompt that it was made from.</param>
/// <param name="Image">The image.</param>
/// <param name="Passed">What the agent said of it; null when it said nothing.</param>
public sealed record SystemAttempt(string SentPrompt, DataContent Image, bool? Passed)
{
    /// <summary>Where the image lies below the evaluation's folder, where it is kept there already; null otherwise.</summary>
    public string? Place { get; init; }
}
