using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>What one run of the agent is asked for.</summary>
/// <param name="Prompt">The user's own words: not empty, no control characters but tab and line ends, no longer than
/// <see cref="ImageAgentOptions.MaxPromptCharacters"/>.</param>
public sealed record AgentRequest(string Prompt)
{
    /// <summary>The trajectory's id; null for a new one.</summary>
    public string? Id { get; init; }

    /// <summary>
    /// Where all seeds of the run come from, for instance <c>root.Child("trajectory", 3)</c>; null for the options' seed, or for a fresh one where they
    /// have none.
    /// </summary>
    public SeedPath? Seed { get; init; }

    /// <summary>Images to start from: the model sees them in the first user turn, and the generator is given them with each call.</summary>
    public IReadOnlyList<DataContent> OriginalImages { get; init; } = [];

    /// <summary>What each call of the generator is given beside what the agent says itself: mask, strength, model, further properties.</summary>
    internal ImageGenerationOptions? Given { get; init; }

    /// <summary>Who is told how far the run is; null for no one.</summary>
    internal Loop.RunProgress? Progress { get; init; }

    /// <summary>What the run is made for; kept in the trajectory. Null for a prompt by itself.</summary>
    public TrajectoryTask? Task { get; init; }

    /// <summary>The caller's own marks; kept in the trajectory as they are.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>A request for an image of the prompt, and no more.</summary>
    public static implicit operator AgentRequest(string prompt) => new(prompt);

    /// <summary>A request for an image of the prompt, and no more.</summary>
    public static AgentRequest FromString(string prompt) => new(prompt);
}
