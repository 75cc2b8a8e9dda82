using System.Globalization;
using System.Text.Json.Nodes;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Seeds;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>A rollout that is to be made.</summary>
/// <param name="Step">The training step, from 0.</param>
/// <param name="Group">The group within the step, from 0.</param>
/// <param name="Sample">Which rollout of the group, from 0.</param>
/// <param name="Prompt">What is asked for.</param>
/// <param name="Seed">Where all its randomness comes from.</param>
internal sealed record RolloutTask(long Step, int Group, int Sample, SynthesisPrompt Prompt, SeedPath Seed) : IRunTask
{
    /// <inheritdoc/>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"step-{Step}/group-{Group}/{Sample}");

    /// <summary>What a key names.</summary>
    /// <exception cref="InvalidDataException">It is no key of a rollout.</exception>
    public static (long Step, int Group, int Sample) Parse(string key)
    {
        var parts = key.Split('/');
        return parts.Length == 3 && parts[0].StartsWith("step-", StringComparison.Ordinal) && parts[1].StartsWith("group-", StringComparison.Ordinal)
            && long.TryParse(parts[0].AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            && int.TryParse(parts[1].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var group)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var sample)
            ? (step, group, sample)
            : throw new InvalidDataException($"\"{key}\" is no rollout.");
    }
}

/// <summary>A rollout as its folder keeps it.</summary>
/// <param name="Trajectory">All that happened, with the rewards by name, or why it does not count.</param>
/// <param name="Shown">The images that the model was shown, in order.</param>
internal sealed record KeptRollout(Trajectory Trajectory, IReadOnlyList<DataContent> Shown)
{
    /// <summary>All images, by id; empty for those that are on the disk.</summary>
    public IReadOnlyDictionary<string, DataContent> Images { get; init; } = new Dictionary<string, DataContent>(StringComparer.Ordinal);

    /// <summary>How long judging took in this run.</summary>
    public TimeSpan JudgeTime { get; init; }

    /// <summary>Writes it for the owner of a shared step.</summary>
    public ReadOnlyMemory<byte> Write() =>
        new ResultPackage(new JsonObject { ["judge_seconds"] = JudgeTime.TotalSeconds }, Trajectory, Images).Write();

    /// <summary>Reads what a worker wrote.</summary>
    /// <exception cref="InvalidDataException">It is not the rollout of this key.</exception>
    public static KeptRollout Of(string key, ReadOnlyMemory<byte> result)
    {
        var package = ResultPackage.Read(result);
        var made = package.TrajectoryOf(key);
        return new(made, [.. made.Rounds.SelectMany(round => round.ShownImages).Select(image => package.Images[image.Id])])
        {
            Images = package.Images,
            JudgeTime = TimeSpan.FromSeconds((double?)package.Body?["judge_seconds"] ?? 0),
        };
    }

    public Rollout Of(SynthesisPrompt prompt) => new(prompt, Trajectory, Shown, Trajectory.Excluded);
}

/// <summary>The folder of a step's rollouts.</summary>
internal sealed class RolloutStore : IOutcomeStore<KeptRollout>, IAsyncDisposable
{
    private readonly TrajectoryStore _store;
    private readonly IReadOnlyDictionary<string, Trajectory> _there;

    private RolloutStore(TrajectoryStore store, IReadOnlyDictionary<string, Trajectory> there) => (_store, _there) = (store, there);

    /// <summary>Opens or makes the folder.</summary>
    /// <exception cref="ArgumentException">Something else decided the folder's rollouts.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static async Task<RolloutStore> OpenAsync(string folder, RunManifest decidedBy, CancellationToken cancellationToken)
    {
        var store = await TrajectoryStore.OpenAsync(folder, cancellationToken: cancellationToken);
        try
        {
            decidedBy.TakeUp(folder);
            Dictionary<string, Trajectory> there = new(StringComparer.Ordinal);
            await foreach (var trajectory in store.ReadAllAsync(cancellationToken)) there[trajectory.Id] = trajectory;
            return new(store, there);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<KeptRollout?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        if (_there.GetValueOrDefault(key) is not { } trajectory) return null;
        List<DataContent> shown = [];
        foreach (var image in trajectory.Rounds.SelectMany(round => round.ShownImages)) shown.Add(await _store.ReadImageAsync(image, cancellationToken));
        return new(trajectory, shown);
    }

    /// <inheritdoc/>
    public async Task<KeptRollout> KeepAsync(string key, KeptRollout outcome, CancellationToken cancellationToken = default)
    {
        await _store.AppendAsync(outcome.Trajectory, outcome.Images, cancellationToken);
        return outcome;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
