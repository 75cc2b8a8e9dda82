using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAgent.Running;
using GenAgent.Trajectories;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>
/// Takes a step's rollouts from those that others make and <c>genagent gateway</c> records, and waits until there are enough: for each prompt, by its id, the
/// next G' that count. Each rollout is used once. Which step took which stands in a file, so that a run that was killed takes the same again.
/// </summary>
/// <param name="recorded">The folder of recorded rollouts, which another process may be writing to.</param>
/// <param name="options">How many; with <see cref="Follows"/>, how old.</param>
/// <param name="file">The file that says which step took what: JSON Lines.</param>
/// <param name="clock">The clock of waits.</param>
public sealed class RecordedCollector(TrajectoryFolder recorded, GrpoOptions options, string file, TimeProvider clock) : IRolloutSource
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;

    /// <summary>
    /// Whether the recorded agent's model gets the weights of each step, and its answers their versions: rollouts of weights that are older than
    /// <see cref="GrpoOptions.MaxStaleness"/> allows are then left out.
    /// </summary>
    public bool Follows { get; init; }

    /// <summary>Is told what a step waits for; null for nobody.</summary>
    public Action<string>? Notice { get; init; }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">A recorded rollout that a step took is not there any more, or a file is damaged.</exception>
    public Task<StepRollouts> CollectAsync(long index, RunManifest decidedBy, CancellationToken cancellationToken)
    {
        // Steps that are collected at once take one after the other.
        lock (_lock)
        {
            var mine = CollectAfterAsync(_last, index, cancellationToken);
            _last = mine;
            return mine;
        }
    }

    private async Task<StepRollouts> CollectAfterAsync(Task before, long step, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var started = clock.GetTimestamp();
        var taken = ReadTaken();
        if (!taken.TryGetValue(step, out var ids))
        {
            ids = await NextAsync(step, [.. taken.Values.SelectMany(groups => groups.SelectMany(group => group))], cancellationToken);
        }

        var groups = await LoadAsync(ids, cancellationToken);
        return new StepRollouts([.. groups.Where(group => !group.IsConstant)], groups, clock.GetElapsedTime(started).TotalSeconds, JudgeSeconds: 0);
    }

    private async Task<string[][]> NextAsync(long step, HashSet<string> taken, CancellationToken cancellationToken)
    {
        for (var (seen, told) = (-1L, false); ; await Task.Delay(Pause, clock, cancellationToken))
        {
            var length = File.Exists(recorded.TrajectoryFile) ? new FileInfo(recorded.TrajectoryFile).Length : 0;
            if (length == seen) continue;
            seen = length;
            List<Rollout> rollouts = [];
            if (length > 0)
            {
                await foreach (var trajectory in recorded.ReadAllAsync(badLine: null, cancellationToken))
                {
                    if (!taken.Contains(trajectory.Id) && IsFresh(trajectory, step)) rollouts.Add(RecordedRollouts.Bare(trajectory));
                }
            }

            var groups = Grouped(rollouts);
            var useful = groups.Count(group => !group.IsConstant);
            if (useful >= options.Prompts || groups.Count >= options.GroupLimit)
            {
                string[][] ids = [.. groups.Select(group => group.Rollouts.Select(rollout => rollout.Trajectory.Id).ToArray())];
                await KeepAsync(new Taken(step, ids), cancellationToken);
                return ids;
            }

            if (!told)
            {
                Notice?.Invoke(
                    $"step {step} waits for {options.Prompts - useful} more groups of {options.Rollouts} rewarded rollouts of one prompt in {recorded.Path}");
            }

            told = true;
        }
    }

    // A group is whole with G' rollouts that count; conversations of one rollout share its key. What did not count before that belongs to it.
    private List<RolloutGroup> Grouped(IReadOnlyList<Rollout> rollouts)
    {
        List<RolloutGroup> whole = [];
        Dictionary<string, List<Rollout>> open = new(StringComparer.Ordinal);
        foreach (var rollout in rollouts)
        {
            if (whole.Count(group => !group.IsConstant) >= options.Prompts || whole.Count >= options.GroupLimit) break;
            if (!open.TryGetValue(rollout.Task.Id, out var group)) open[rollout.Task.Id] = group = [];
            group.Add(rollout);
            if (group.Where(one => one.Failure is null).Select(KeyOf).Distinct(StringComparer.Ordinal).Count() < options.Rollouts) continue;
            whole.Add(new RolloutGroup(group[0].Task, group));
            open.Remove(rollout.Task.Id);
        }

        return whole;
    }

    private static string KeyOf(Rollout rollout) => rollout.Trajectory.Task?.Key ?? rollout.Trajectory.Id;

    private bool IsFresh(Trajectory trajectory, long step) => !Follows || (trajectory.Trace?.Turns ?? [])
        .All(turn => !long.TryParse(turn.PolicyVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || version >= (step - options.MaxStaleness) * options.Updates);

    private async Task<List<RolloutGroup>> LoadAsync(string[][] groups, CancellationToken cancellationToken)
    {
        var wanted = groups.SelectMany(group => group).ToHashSet(StringComparer.Ordinal);
        Dictionary<string, Rollout> rollouts = new(StringComparer.Ordinal);
        await foreach (var rollout in RecordedRollouts.ReadAsync(recorded, trajectory => wanted.Contains(trajectory.Id), cancellationToken))
        {
            rollouts[rollout.Trajectory.Id] = rollout;
        }

        return wanted.FirstOrDefault(id => !rollouts.ContainsKey(id)) is { } missing
            ? throw new InvalidDataException($"{recorded.TrajectoryFile} has no rollout {missing} any more, which {file} names.")
            : [.. groups.Select(group => new RolloutGroup(rollouts[group[0]].Task, [.. group.Select(id => rollouts[id])]))];
    }

    private SortedDictionary<long, string[][]> ReadTaken()
    {
        SortedDictionary<long, string[][]> taken = [];
        if (!File.Exists(file)) return taken;
        foreach (var line in File.ReadLines(file).Where(line => IsWhole(Encoding.UTF8.GetBytes(line))))
        {
            var one = JsonSerializer.Deserialize<Taken>(line)!;
            taken[one.Step] = one.Groups;
        }

        return taken;
    }

    private async Task KeepAsync(Taken taken, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await using var lines = new LineFile(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read), IsWhole);
        await lines.AppendAsync(JsonSerializer.SerializeToUtf8Bytes(taken), cancellationToken);
    }

    private static bool IsWhole(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<Taken>(line.Span) is { Groups: not null };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed record Taken(long Step, string[][] Groups);
}
