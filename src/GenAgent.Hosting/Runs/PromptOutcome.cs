using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>What a prompt of many ended with. Immutable.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Trajectory">All that happened; null if the prompt itself was wrong.</param>
public sealed record PromptOutcome(GenerateStatus Status, Trajectory? Trajectory)
{
    /// <summary>The images that are to be kept with the trajectory; null for an outcome of an earlier run.</summary>
    public AgentResult? Run { get; init; }

    /// <summary>What the judge said of the final image; null if nobody was asked.</summary>
    public Judgment? Judgment { get; init; }

    /// <summary>The path of the final image; null without one.</summary>
    public string? File { get; init; }

    /// <summary>Why there is no image; null if there is one.</summary>
    public string? Error { get; init; }

    /// <summary>The failure of a backend that another run may not have; null for an outcome that counts.</summary>
    public Exception? Failure { get; init; }

    /// <summary>The outcome as it is told to users.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The result.</returns>
    public GenerateResult ResultOf(PromptLine prompt) =>
        Trajectory is null ? GenerateResult.Failed(prompt, Error ?? "no run") : GenerateResult.Of(prompt, Status, Trajectory, File, Judgment, Error);
}
