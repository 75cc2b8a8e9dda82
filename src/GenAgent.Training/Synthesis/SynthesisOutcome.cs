using System.Collections.Concurrent;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis;

/// <summary>A trajectory that is to be made.</summary>
/// <param name="Index">Which one, from 0.</param>
internal sealed record SynthesisTask(long Index) : IRunTask
{
    private const string Prefix = "synth-";

    /// <inheritdoc/>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Index:D7}");

    /// <summary>The task of a key.</summary>
    /// <exception cref="InvalidDataException">It is no key of synthesis.</exception>
    public static SynthesisTask OfKey(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(key.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new(index)
            : throw new InvalidDataException($"\"{key}\" is no task of data synth.");
}

/// <summary>A trajectory that was made.</summary>
/// <param name="Passed">Whether it ended with an image that the judge passed.</param>
/// <param name="Result">The trajectory with its images; null if an earlier run made it.</param>
internal sealed record SynthesisOutcome(bool Passed, AgentResult? Result)
{
    public static SynthesisOutcome Of(AgentResult result) => new(HasPassed(result.Trajectory), result);

    /// <summary>The outcome of a task that another process did.</summary>
    /// <exception cref="InvalidDataException">The result is not one of this task.</exception>
    public static SynthesisOutcome Of(string key, ReadOnlyMemory<byte> result)
    {
        var package = ResultPackage.Read(result);
        return Of(new AgentResult(package.TrajectoryOf(key), [], Best: null) { Images = package.Images });
    }

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
