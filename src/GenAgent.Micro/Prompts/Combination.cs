using GenAgent.Judging;

namespace GenAgent.Micro.Prompts;

/// <summary>Names for what is combined in a prompt, the same for every wording.</summary>
internal static class Combination
{
    /// <summary>The meaning: the groups with all that is asked of them, in an order of their own.</summary>
    public static string OfMeaning(IEnumerable<ObjectConstraint> include) =>
        string.Join(
            " + ",
            include.Select(c => $"{c.Count} {c.Color ?? "any"} {c.Class} {c.Region ?? "anywhere"} {c.Size ?? "any-size"}{Place(c)}")
                .Order(StringComparer.Ordinal));

    // Nothing where no place is asked for: the names of older prompts stay.
    private static string Place(ObjectConstraint group) => string.Concat(
        new[] { group.Cells is { } cells ? string.Join(' ', cells.Order(StringComparer.Ordinal)) : null, group.Rows, group.Columns }.OfType<string>()
            .Select(place => $" {place}"));

    /// <summary>The facts that are brought together; null when there are fewer than two.</summary>
    public static string? OfFacts(IReadOnlyList<string>? facts) => facts is { Count: >= 2 } ? string.Join(" + ", facts.Order(StringComparer.Ordinal)) : null;
}
