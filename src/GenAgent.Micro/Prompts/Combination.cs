using GenAgent.Judging;

namespace GenAgent.Micro.Prompts;

/// <summary>Names for what is combined in a prompt, the same for every wording.</summary>
internal static class Combination
{
    /// <summary>The meaning: the groups with all that is asked of them, in an order of their own.</summary>
    public static string OfMeaning(IEnumerable<ObjectConstraint> include) =>
        string.Join(" + ", include.Select(c => $"{c.Count} {c.Color ?? "any"} {c.Class} {c.Region ?? "anywhere"} {c.Size ?? "any-size"}").Order(StringComparer.Ordinal));

    /// <summary>The facts that are brought together; null when there are fewer than two.</summary>
    public static string? OfFacts(IReadOnlyList<string>? facts) => facts is { Count: >= 2 } ? string.Join(" + ", facts.Order(StringComparer.Ordinal)) : null;
}
