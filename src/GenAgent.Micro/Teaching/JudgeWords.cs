using GenAgent.Judging;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// How the miniature agent judges: what is seen, then for each group how many were found and how many were asked for, then what was forbidden, what else is
/// there, and whether requested places, sizes and backgrounds are right. The verdict follows from these words. Pure.
/// </summary>
internal static class JudgeWords
{
    /// <summary>The judgment's text, without the verdict's line.</summary>
    public static string Judgment(SceneReading reading, PromptConstraints asked, Verdict verdict) =>
        $"{CanonicalWords.Of(reading)}. {Comparison(reading, asked, verdict)}.";

    /// <summary>The whole judge section of a turn.</summary>
    public static string Section(SceneReading reading, PromptConstraints asked) => Section(reading, asked, ConstraintVerifier.Verify(reading, asked));

    /// <summary>Splits a turn's text after its leading description.</summary>
    public static (string Description, string Following) Cut(string turn)
    {
        var end = turn.IndexOf('.', StringComparison.Ordinal) + 1;
        return (turn[..end], turn[end..]);
    }

    /// <summary>The whole judge section of a turn, with a known verdict.</summary>
    public static string Section(SceneReading reading, PromptConstraints asked, Verdict verdict) =>
        $"<judge>{Judgment(reading, asked, verdict)}\nverdict: {(verdict.Passed ? "pass" : "fail")}</judge>";

    /// <summary>The faults in a few words, at most two.</summary>
    public static string Faults(Verdict verdict)
    {
        string[] faults = [.. verdict.Errors.Distinct().Order().Select(Name).Take(2)];
        return faults.Length == 0 ? "wrong place" : string.Join(" and ", faults);
    }

    private static string Comparison(SceneReading reading, PromptConstraints asked, Verdict verdict)
    {
        List<string> parts = [];
        var set = ConstraintSet.Parse(asked);
        foreach (var (constraint, group) in asked.Include.Zip(set.Include))
            parts.Add($"{CanonicalWords.Uncounted(constraint)} found {CanonicalWords.Number(reading.Objects.Count(group.Matches))} of "
                + $"{CanonicalWords.Number(constraint.Count)}");
        foreach (var group in set.Forbidden)
            parts.Add($"{CanonicalWords.Forbidden(group)} found {CanonicalWords.Number(reading.Objects.Count(group.Matches))}");
        parts.Add($"other {CanonicalWords.Number(reading.Objects.Count(o => !set.Include.Any(g => g.Matches(o))))}");
        AddCheck("Place", "place");
        AddCheck("Size", "size");
        AddCheck("Background", "background");
        return string.Join(", ", parts);

        void AddCheck(string question, string word)
        {
            var checks = verdict.Checks.Where(c => c.Question.StartsWith(question, StringComparison.Ordinal)).ToList();
            if (checks.Count > 0)
                parts.Add($"{word} {(checks.TrueForAll(c => c.Passed) ? "good" : "bad")}");
        }
    }

    private static string Name(ErrorKind error) => error switch
    {
        ErrorKind.Missing => "missing shape",
        ErrorKind.Doubled => "too many",
        ErrorKind.WrongColor => "wrong color",
        ErrorKind.WrongClass => "wrong shape",
        ErrorKind.Extra => "extra shape",
        ErrorKind.WrongPlace => "wrong place",
        ErrorKind.WrongSize => "wrong size",
        ErrorKind.WrongBackground => "wrong background",
        ErrorKind.Forbidden => "forbidden shape",
        _ => "unclear shape",
    };
}
