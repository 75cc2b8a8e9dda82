using GenAgent.Judging;

namespace GenAgent.Micro.Prompts;

/// <summary>Keys for the meaning of a prompt, independent of the wording.</summary>
internal static class Combination
{
    /// <summary>The meaning: the groups with all their constraints, sorted.</summary>
    public static string OfMeaning(IEnumerable<ObjectConstraint> include) =>
        string.Join(
            " + ",
            include.Select(c => $"{c.Count} {c.Color ?? "any"} {c.Class} {c.Region ?? "anywhere"} {c.Size ?? "any-size"}{Place(c)}")
                .Order(StringComparer.Ordinal));

    // Empty without places, so that the keys of older prompts do not change.
    private static string Place(ObjectConstraint group) => string.Concat(
        new[] { group.Cells is { } cells ? string.Join(' ', cells.Order(StringComparer.Ordinal)) : null, group.Rows, group.Columns }.OfType<string>()
            .Select(place => $" {place}"));

    /// <summary>The combined facts; null if there are fewer than two.</summary>
    public static string? OfFacts(IReadOnlyList<string>? facts) => facts is { Count: >= 2 } ? string.Join(" + ", facts.Order(StringComparer.Ordinal)) : null;
}
