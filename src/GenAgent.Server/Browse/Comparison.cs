namespace GenAgent.Server.Browse;

/// <summary>Two sources prompt by prompt.</summary>
/// <param name="Items">The pairs; of several runs of one prompt, those of equal place.</param>
/// <param name="Next">The cursor of the next page; null for the last.</param>
/// <param name="Totals">How many pairs: of each outcome, and in all.</param>
internal sealed record Comparison(IReadOnlyList<ComparedPair> Items, string? Next, IReadOnlyDictionary<string, int> Totals)
{
    /// <summary>A page of it.</summary>
    /// <param name="all">All trajectories.</param>
    /// <param name="a">A source.</param>
    /// <param name="b">Another one.</param>
    /// <param name="offset">The first pair.</param>
    /// <param name="limit">The most pairs.</param>
    /// <exception cref="RefusedException">A source is unknown.</exception>
    public static Comparison Of(IndexSnapshot all, string a, string b, int offset, int limit)
    {
        var (first, second) = (Keyed(all, a, "a"), Keyed(all, b, "b"));
        var keys = first.Keys.Union(second.Keys).OrderBy(key => key.Prompt, StringComparer.Ordinal).ThenBy(key => key.Place).ToList();
        var pairs = keys.Select(PairOf).ToList();
        var totals = new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["pairs"] = pairs.Count(pair => pair is { A: not null, B: not null }),
            ["onlyA"] = pairs.Count(pair => pair.B is null),
            ["onlyB"] = pairs.Count(pair => pair.A is null),
            ["aRight"] = first.Values.Count(IsRight),
            ["bRight"] = second.Values.Count(IsRight),
            ["bothRight"] = pairs.Count(pair => pair is { A: { } one, B: { } other } && IsRight(one) && IsRight(other)),
            ["aBetter"] = pairs.Count(pair => pair is { A: { } one, B: { } other } && IsRight(one) && !IsRight(other)),
            ["bBetter"] = pairs.Count(pair => pair is { A: { } one, B: { } other } && !IsRight(one) && IsRight(other)),
        };
        return new([.. pairs.Skip(offset).Take(limit)], offset + limit < pairs.Count ? $"{offset + limit}" : null, totals);

        ComparedPair PairOf((string Prompt, int Place) key)
        {
            var (one, other) = (first.GetValueOrDefault(key), second.GetValueOrDefault(key));
            return new(key.Prompt, (one ?? other)!.Category, one, other);
        }
    }

    // By the outside judge where there was one, else by the agent's own verdict.
    private static bool IsRight(TrajectorySummary summary) => summary.Outside is { } outside ? outside is "right" : summary.Verdict is "passed";

    private static Dictionary<(string Prompt, int Place), TrajectorySummary> Keyed(IndexSnapshot all, string source, string field)
    {
        var found = all.Newest.Select(line => line.Summary).Where(summary => string.Equals(summary.Source, source, StringComparison.Ordinal)).ToList();
        if (found.Count == 0) throw RefusedException.BadField(field, $"\"{field}\" is no source of trajectories.");
        return found.GroupBy(summary => summary.Prompt, StringComparer.Ordinal)
            .SelectMany(group => group.OrderBy(summary => summary.Id, StringComparer.Ordinal).Select((summary, place) => (Key: (group.Key, place), summary)))
            .ToDictionary(pair => pair.Key, pair => pair.summary);
    }
}

/// <summary>A prompt in two sources.</summary>
internal sealed record ComparedPair(string Prompt, string? Category, TrajectorySummary? A, TrajectorySummary? B);
