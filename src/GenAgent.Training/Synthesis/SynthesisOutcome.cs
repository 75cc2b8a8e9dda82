using System.Collections.Concurrent;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Running;
using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis;

/// <summary>A trajectory that is to be made.</summary>
/// <param name="Index">Which one, from 0.</param>
internal sealed record SynthesisTask(long Index) : IRunTask
{
    /// <inheritdoc/>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"synth-{Index:D7}");
}

/// <summary>A trajectory that was made.</summary>
/// <param name="Passed">Whether it ended with an image that the judge passed.</param>
/// <param name="Result">The trajectory with its images; null if an earlier run made it.</param>
internal sealed record SynthesisOutcome(bool Passed, AgentResult? Result)
{
    public static SynthesisOutcome Of(AgentResult result) => new(HasPassed(result.Trajectory), result);

    public static bool HasPassed(Trajectory trajectory) => new SynthesisSample(trajectory).Attempts is [.., (_, { Passed: true })];
}

/// <summary>Keeps trajectories in a store, and finds those again that are there.</summary>
internal sealed class SynthesisOutcomes(TrajectoryStore store, ConcurrentDictionary<string, bool> passed) : IOutcomeStore<SynthesisOutcome>
{
    public static async Task<SynthesisOutcomes> LoadAsync(TrajectoryStore store, CancellationToken cancellationToken)
    {
        ConcurrentDictionary<string, bool> passed = new(StringComparer.Ordinal);
        await foreach (var trajectory in store.ReadAllAsync(cancellationToken)) passed[trajectory.Id] = SynthesisOutcome.HasPassed(trajectory);
        return new(store, passed);
    }

    public ValueTask<SynthesisOutcome?> FindAsync(string key, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(passed.TryGetValue(key, out var there) ? new SynthesisOutcome(there, Result: null) : null);

    public async Task<SynthesisOutcome> KeepAsync(string key, SynthesisOutcome outcome, CancellationToken cancellationToken = default)
    {
        await store.AppendAsync(outcome.Result!, cancellationToken);
        passed[key] = outcome.Passed;
        return outcome with { Result = null };
    }
}
