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
    private readonly RecordedArrivals _arrivals = new(recorded);
    private SortedDictionary<long, string[][]>? _taken;
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
        if (_taken is null)
        {
            _taken = ReadTaken();
            _arrivals.Take(_taken.Values.SelectMany(groups => groups.SelectMany(group => group)));
        }

        if (!_taken.TryGetValue(step, out var ids)) ids = await NextAsync(_taken, step, cancellationToken);
        else await _arrivals.ReadAsync(cancellationToken);
        var groups = await LoadAsync(ids, cancellationToken);
        return new StepRollouts([.. groups.Where(group => !group.IsConstant)], groups, clock.GetElapsedTime(started).TotalSeconds, JudgeSeconds: 0);
    }

    private async Task<string[][]> NextAsync(SortedDictionary<long, string[][]> taken, long step, CancellationToken cancellationToken)
    {
        for (var (looks, useful) = (1, 0); ; looks++, await Task.Delay(Pause, clock, cancellationToken))
        {
            if (await _arrivals.ReadAsync(cancellationToken) || looks == 1)
            {
                var groups = Grouped(step);
                useful = groups.Count(group => !group.IsConstant);
                if (useful >= options.Prompts || groups.Count >= options.GroupLimit)
                {
                    string[][] ids = [.. groups.Select(group => group.Rollouts.Select(rollout => rollout.Trajectory.Id).ToArray())];
                    await KeepAsync(new Taken(step, ids), cancellationToken);
                    _arrivals.Take(ids.SelectMany(group => group));
                    return taken[step] = ids;
                }
            }

            // At the first look nothing is whole yet that came since the last step.
            if (looks != 2) continue;
            Notice?.Invoke(
                $"step {step} waits for {options.Prompts - useful} more groups of {options.Rollouts} rewarded rollouts of one prompt in {recorded.Path}");
        }
    }

    // A group is whole with G' rollouts that count, each with all of its conversations. What did not count before that belongs to it.
    private List<RolloutGroup> Grouped(long step)
    {
        List<RolloutGroup> whole = [];
        Dictionary<string, List<RecordedEntry>> open = new(StringComparer.Ordinal);
        foreach (var entry in _arrivals.Entries.Where(entry => entry.IsWhole && !entry.IsTaken))
        {
            if (whole.Count(group => !group.IsConstant) >= options.Prompts || whole.Count >= options.GroupLimit) break;
            if (!IsFresh(entry, step))
            {
                entry.Take();
                continue;
            }

            var task = entry.Conversations[0].Task;
            if (!open.TryGetValue(task.Id, out var group)) open[task.Id] = group = [];
            group.Add(entry);
            if (group.Count(one => one.Counts) < options.Rollouts) continue;
            whole.Add(new RolloutGroup(task, [.. group.SelectMany(one => one.Conversations)]));
            open.Remove(task.Id);
        }

        return whole;
    }

    private bool IsFresh(RecordedEntry entry, long step) => !Follows || entry.Versions.All(version => version >= options.OldestVersion(step));

    private async Task<List<RolloutGroup>> LoadAsync(string[][] groups, CancellationToken cancellationToken)
    {
        List<RolloutGroup> loaded = [];
        foreach (var ids in groups)
        {
            List<Rollout> rollouts = [];
            foreach (var id in ids)
            {
                rollouts.Add(await _arrivals.LoadAsync(id, cancellationToken)
                    ?? throw new InvalidDataException($"{recorded.TrajectoryFile} has no rollout {id} any more, which {file} names."));
            }

            loaded.Add(new(rollouts[0].Task, rollouts));
        }

        return loaded;
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
