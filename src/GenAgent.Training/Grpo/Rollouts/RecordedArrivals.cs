using GenAgent.Trajectories;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>
/// The rollouts of a folder that grows, in the order of their arrival: conversations with one key are one rollout. Each line is read once; of a conversation
/// that waits for its step, no tokens and no images are kept, and of one that was taken nothing but its place. Not thread-safe.
/// </summary>
internal sealed class RecordedArrivals(TrajectoryFolder folder)
{
    private readonly List<RecordedEntry> _entries = [];
    private readonly Dictionary<string, RecordedEntry> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _places = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private long _end;

    /// <summary>Those that wait for a step.</summary>
    public IReadOnlyList<RecordedEntry> Entries => _entries;

    /// <summary>Takes away the entries of conversations that a step has, also those whose lines are read later.</summary>
    public void Take(IEnumerable<string> ids)
    {
        _used.UnionWith(ids);
        foreach (var entry in _entries.Where(entry => entry.Conversations.Any(one => _used.Contains(one.Trajectory.Id)))) entry.Take();
    }

    /// <summary>Reads what has come since. An entry that nothing was added to is whole.</summary>
    /// <returns>Whether there is anything new: a conversation, or an entry that has become whole.</returns>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        _entries.RemoveAll(entry => entry.IsTaken);
        HashSet<RecordedEntry> grown = [];
        await foreach (var line in folder.ReadFromAsync(_end, cancellationToken))
        {
            var one = line.Trajectory;
            var key = one.Task?.Key is { Length: > 0 } named ? named : one.Id;
            if (!_byKey.TryGetValue(key, out var entry)) _entries.Add(_byKey[key] = entry = new RecordedEntry());
            (_places[one.Id], _end) = (line.Start, line.End);
            if (_used.Contains(one.Id)) entry.Take();

            // One that comes after all is too late for its rollout.
            if (entry.IsTaken) continue;
            entry.Add(RecordedRollouts.Bare(one with { Trace = null }), RolloutVersions.Of(one));
            grown.Add(entry);
        }

        var settled = false;
        foreach (var entry in _entries.Where(entry => !entry.IsWhole && !grown.Contains(entry))) settled = entry.IsWhole = true;
        return settled || grown.Count > 0;
    }

    /// <summary>A conversation with its tokens and images; null where none has this id.</summary>
    public async Task<Rollout?> LoadAsync(string id, CancellationToken cancellationToken)
    {
        if (!_places.TryGetValue(id, out var place)) return null;
        await foreach (var line in folder.ReadFromAsync(place, cancellationToken))
        {
            var isThere = line.Trajectory.Id.Equals(id, StringComparison.Ordinal);
            return isThere ? await RecordedRollouts.WithImagesAsync(folder, line.Trajectory, cancellationToken) : null;
        }

        return null;
    }
}

/// <summary>One recorded rollout: all conversations of one key.</summary>
internal sealed class RecordedEntry
{
    private readonly List<Rollout> _conversations = [];

    /// <summary>Its conversations in the order of their ends, without tokens and images.</summary>
    public IReadOnlyList<Rollout> Conversations => _conversations;

    /// <summary>The versions of the weights that sampled it, as far as they are named; null for one that is no number.</summary>
    public HashSet<long?> Versions { get; } = [];

    /// <summary>Whether no conversation has come for a while, so that none is expected any more.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Whether a step has it, or none will.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>Whether all of its conversations count.</summary>
    public bool Counts => _conversations.TrueForAll(conversation => conversation.Failure is null);

    /// <summary>Takes it away; what it kept is free.</summary>
    public void Take()
    {
        IsTaken = IsWhole = true;
        _conversations.Clear();
        Versions.Clear();
    }

    /// <summary>Adds a conversation.</summary>
    public void Add(Rollout conversation, IEnumerable<long?> versions)
    {
        _conversations.Add(conversation);
        Versions.UnionWith(versions);
    }
}
