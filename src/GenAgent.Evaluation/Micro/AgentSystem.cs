using GenAgent.Agents;
using GenAgent.Micro.Prompts;
using GenAgent.Models;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Micro;

/// <summary>An agent with its generator. It is given the user's words and nothing else; a run without an image counts as a failure.</summary>
/// <param name="name">What stands in reports.</param>
/// <param name="agent">The agent; it stays its owner's.</param>
/// <param name="keep">Where whole runs go besides, for instance a trajectory store; null for nowhere.</param>
public sealed class AgentSystem(string name, ImageAgent agent, Func<AgentResult, CancellationToken, Task>? keep = null) : IMicroSystem
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public async Task<MicroOutcome> MakeAsync(MicroPrompt prompt, SeedPath seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(seed);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["prompt"] = prompt.Id, ["tag"] = prompt.Tag };
        var result = await agent.RolloutAsync(new AgentRequest(prompt.Prompt) { Seed = seed, Labels = labels }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();

        // A conversation that no longer fits is the agent's own doing; other failures are the backend's.
        if (result.Error is { } error and not ContextLengthException)
            throw error;
        if (result is { Best: null, StopReason: StopReason.GeneratorFailures })
            throw new BackendUnavailableException($"The generator failed throughout a run: {string.Join(" ", result.Trajectory.Faults.Select(f => f.Message))}");
        if (keep is not null)
            await keep(result, cancellationToken);

        var shown = result.Attempts.Where(a => a.Number > 0).ToList();
        return new(result.Best?.Prompt ?? prompt.Prompt, result.Best?.Image, result.Best is null ? $"the run ended without an image ({result.StopReason})" : null)
        {
            Agent = AgentConduct.Of(result.Trajectory),
            Attempts = [.. shown.Select(a => (a.Prompt, a.Image, a.Verdict is { } verdict ? verdict == Verdict.Pass : (bool?)null))],
        };
    }
}
