namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Drops trajectories that are nearly one that was kept before: the same words of the user, case and punctuation aside, and turns that share
/// most of their word triples (Jaccard). Keeps state: one instance for one data set.
/// </summary>
/// <param name="similarity">From which likeness on it is a duplicate, above 0 and at most 1.</param>
public sealed class DuplicateFilter(double similarity = 0.9) : ISynthesisFilter
{
    private readonly Dictionary<string, List<(string Id, HashSet<string> Triples)>> _kept = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Name => "duplicate";

    /// <inheritdoc/>
    public ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var key = string.Join(' ', Words(sample.Trajectory.Prompt).Order(StringComparer.Ordinal));
        var triples = Triples(Words(string.Join(' ', sample.Trajectory.Rounds.Select(r => r.Text))));
        if (!_kept.TryGetValue(key, out var alike))
            _kept[key] = alike = [];
        if (alike.Find(other => Likeness(other.Triples, triples) >= similarity) is { Id: { } twin })
            return ValueTask.FromResult<string?>($"nearly the same as {twin}");
        alike.Add((sample.Trajectory.Id, triples));
        return ValueTask.FromResult<string?>(null);
    }

    private static double Likeness(HashSet<string> first, HashSet<string> second)
    {
        var shared = first.Count(second.Contains);
        var all = first.Count + second.Count - shared;
        return all == 0 ? 1 : shared / (double)all;
    }

    private static List<string> Words(string text) =>
        [.. text.ToLowerInvariant()
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(w => w.Trim('.', ',', '!', '?', ':', ';', '"'))
            .Where(w => w.Length > 0)];

    private static HashSet<string> Triples(List<string> words) =>
        [.. Enumerable.Range(0, Math.Max(1, words.Count - 2)).Select(i => string.Join(' ', words.Skip(i).Take(3)))];
}
