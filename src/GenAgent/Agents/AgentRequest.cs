using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>The input of one run of the agent.</summary>
/// <param name="Prompt">The user's own words: not empty, no control characters but tab and line ends, no longer than
/// <see cref="ImageAgentOptions.MaxPromptCharacters"/>.</param>
public sealed record AgentRequest(string Prompt)
{
    /// <summary>The trajectory's id; null for a new one.</summary>
    public string? Id { get; init; }

    /// <summary>
    /// The root of all seeds of the run, for instance <c>root.Child("trajectory", 3)</c>; null for the options' seed, else a random one.
    /// </summary>
    public SeedPath? Seed { get; init; }

    /// <summary>Images to start from: the model sees them in the first user turn, and every generator call receives them.</summary>
    public IReadOnlyList<DataContent> OriginalImages { get; init; } = [];

    /// <summary>Additional options for every generator call: mask, strength, model, further properties.</summary>
    internal ImageGenerationOptions? Given { get; init; }

    /// <summary>Receives the run's progress; may be null.</summary>
    internal Loop.RunProgress? Progress { get; init; }

    /// <summary>The task that the run belongs to; recorded in the trajectory. Null for a single prompt.</summary>
    public TrajectoryTask? Task { get; init; }

    /// <summary>The caller's own labels; recorded in the trajectory unchanged.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Creates a request with only a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The request.</returns>
    public static implicit operator AgentRequest(string prompt) => new(prompt);

    /// <summary>Creates a request with only a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The request.</returns>
    public static AgentRequest FromString(string prompt) => new(prompt);
}
