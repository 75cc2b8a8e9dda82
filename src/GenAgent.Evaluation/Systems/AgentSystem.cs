using GenAgent.Agents;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Models;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Systems;

/// <summary>An agent with its generator. It is given the user's words and nothing else; a run without an image counts as a failure.</summary>
/// <param name="name">What stands in reports.</param>
/// <param name="agent">The agent; it stays its owner's.</param>
/// <param name="store">Where whole runs are kept; one that is there already is not made again. Null for nowhere.</param>
public sealed class AgentSystem(string name, ImageAgent agent, RunStore? store = null) : IImageSystem
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public int MostImages => Math.Min(agent.Options.MaxRounds!.Value * agent.Options.CandidatesPerRound, agent.Options.MaxImages ?? int.MaxValue);

    /// <inheritdoc/>
    public bool KeepsItself => true;

    /// <inheritdoc/>
    public IImageSystem Bare => store is null ? this : new AgentSystem(name, agent);

    /// <inheritdoc/>
    public bool Has(BenchmarkTask task, int index)
    {
        ArgumentNullException.ThrowIfNull(task);
        return store?.Find(task.Id, index) is not null;
    }

    /// <inheritdoc/>
    public async Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(seed);
        if (store?.Find(task.Id, index) is { } kept)
            return await AgentOutcome.OfAsync(kept, image => store.ReadImageAsync(image, cancellationToken), store.PlaceOf);

        var about = new TrajectoryTask
        {
            Key = Runs.SampleTask.KeyOf(task.Id, index),
            PromptId = task.Id,
            Category = task.Category,
            Sample = index,
            MustDecline = task.MustDecline
        };
        var result = await agent.RolloutAsync(new AgentRequest(task.Prompt) { Seed = seed, Task = about }, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();

        // A conversation that no longer fits is the agent's own doing; other failures are the backend's.
        if (result.Error is { } error and not ContextLengthException)
            throw error;
        if (result is { Best: null, StopReason: StopReason.GeneratorFailures })
            throw new BackendUnavailableException(
                $"The generator failed throughout a run: {string.Join(" ", result.Trajectory.Faults.Select(f => f.Message))}", result.GeneratorError);
        return await KeepAsync(result, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SystemOutcome> TakeAsync(BenchmarkTask task, int index, SystemOutcome made, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(made);
        if (made.Run is not { } run) return made;

        // Killed after the run was kept, and before its sample was.
        if (store?.Find(task.Id, index) is { } kept)
            return await AgentOutcome.OfAsync(kept, image => store.ReadImageAsync(image, cancellationToken), store.PlaceOf);
        return await KeepAsync(run, cancellationToken);
    }

    private async Task<SystemOutcome> KeepAsync(AgentResult result, CancellationToken cancellationToken)
    {
        if (store is not null)
            await store.KeepAsync(result, cancellationToken);
        var outcome = await AgentOutcome.OfAsync(
            result.Trajectory, image => Task.FromResult(result.Images[image.Id]), store is null ? null : store.PlaceOf);
        return outcome with { Run = result };
    }
}
