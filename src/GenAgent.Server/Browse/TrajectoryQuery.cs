namespace GenAgent.Server.Browse;

/// <summary>Which trajectories, in which order, from where.</summary>
internal sealed record TrajectoryQuery
{
    public string? Source { get; init; }

    /// <summary>Words of the prompt, in any case.</summary>
    public string? Text { get; init; }

    public string? Verdict { get; init; }

    public string? Outside { get; init; }

    /// <summary>The least score; trajectories without a score do not count as one.</summary>
    public double? MinScore { get; init; }

    public double? MaxScore { get; init; }

    public int? MinRounds { get; init; }

    public int? MaxRounds { get; init; }

    /// <summary>True for those with faults, false for those without; null for both.</summary>
    public bool? Faults { get; init; }

    public string? Model { get; init; }

    public string? Generator { get; init; }

    public string? Category { get; init; }

    public string? Group { get; init; }

    /// <summary><c>newest</c>, <c>oldest</c> or <c>score</c>.</summary>
    public string Sort { get; init; } = "newest";

    public int Limit { get; init; } = 50;

    /// <summary>The id of the last trajectory of the page before; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>The page.</summary>
    /// <exception cref="RefusedException">The order or the cursor is unknown.</exception>
    public TrajectoryPage Find(IndexSnapshot all)
    {
        var found = Ordered(all.Newest.Select(line => line.Summary).Where(Matches)).ToList();
        var begin = Cursor is null ? 0 : found.FindIndex(summary => string.Equals(summary.Id, Cursor, StringComparison.Ordinal)) + 1;
        if (Cursor is not null && begin == 0) throw RefusedException.BadField("cursor", "\"cursor\" is not of this list: begin at the first page.");
        var page = found.Skip(begin).Take(Limit).ToList();
        return new(page, begin + page.Count < found.Count ? page[^1].Id : null, found.Count, all.Facets);
    }

    private IEnumerable<TrajectorySummary> Ordered(IEnumerable<TrajectorySummary> found) => Sort switch
    {
        "newest" => found,
        "oldest" => found.Reverse(),
        "score" => found.OrderByDescending(summary => summary.Score ?? double.NegativeInfinity),
        _ => throw RefusedException.BadField("sort", $"\"sort\" is \"{Sort}\", but must be newest, oldest or score."),
    };

    private bool Matches(TrajectorySummary summary) =>
        Is(Source, summary.Source) && Is(Verdict, summary.Verdict) && Is(Outside, summary.Outside) && Is(Model, summary.Model)
            && Is(Generator, summary.Generator) && Is(Category, summary.Category)
        && Is(Group, summary.Group) && (MinScore is null || summary.Score >= MinScore) && (MaxScore is null || summary.Score <= MaxScore)
        && !(summary.Rounds < MinRounds) && !(summary.Rounds > MaxRounds) && (Faults is null || Faults == summary.Faults > 0)
        && (string.IsNullOrEmpty(Text)
            || Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => summary.Prompt.Contains(word, StringComparison.OrdinalIgnoreCase)));

    private static bool Is(string? wanted, string? value) => string.IsNullOrEmpty(wanted) || string.Equals(wanted, value, StringComparison.Ordinal);
}

/// <summary>A page of trajectories.</summary>
/// <param name="Items">The trajectories.</param>
/// <param name="Next">The cursor of the next page; null for the last.</param>
/// <param name="Total">How many there are in all pages.</param>
/// <param name="Facets">What filters may name.</param>
internal sealed record TrajectoryPage(IReadOnlyList<TrajectorySummary> Items, string? Next, int Total, TrajectoryFacets Facets);

/// <summary>The values that filters may name, in order.</summary>
internal sealed record TrajectoryFacets(
    IReadOnlyList<string> Sources, IReadOnlyList<string> Models, IReadOnlyList<string> Generators, IReadOnlyList<string> Categories)
{
    public static TrajectoryFacets Of(IReadOnlyList<TrajectorySummary> all)
    {
        return new(Values(summary => summary.Source), Values(summary => summary.Model), Values(
            summary => summary.Generator), Values(summary => summary.Category));

        List<string> Values(Func<TrajectorySummary, string?> value) =>
            [.. all.Select(value).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
