using GenAgent.Micro.Prompts;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Micro;

/// <summary>
/// What is evaluated: something that turns a prompt into an image. It sees the prompt's words and the seed; only the oracle looks at the
/// constraints. Implementations are safe to call from many tasks at once.
/// </summary>
public interface IMicroSystem
{
    /// <summary>What stands in reports, as <c>micro</c> or <c>micro, oracle prompts</c>.</summary>
    string Name { get; }

    /// <summary>Makes one image.</summary>
    /// <exception cref="Models.BackendException">The backend failed for a reason that has nothing to do with the prompt.</exception>
    Task<MicroOutcome> MakeAsync(MicroPrompt prompt, SeedPath seed, CancellationToken cancellationToken = default);
}

/// <summary>What a system made of a prompt.</summary>
/// <param name="SentPrompt">The prompt that the final image was made from.</param>
/// <param name="Image">The final image, or null when there is none.</param>
/// <param name="Failure">Why there is none; null when there is one.</param>
public sealed record MicroOutcome(string SentPrompt, DataContent? Image, string? Failure = null)
{
    /// <summary>What the agent did on the way; null where there was none.</summary>
    public AgentConduct? Agent { get; init; }

    /// <summary>The agent's images in order, the final one among them; empty where there was no agent.</summary>
    public IReadOnlyList<(string Prompt, DataContent Image, bool? Verdict)> Attempts { get; init; } = [];
}
