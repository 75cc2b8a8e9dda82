namespace GenAgent.Protocol;

/// <summary>The last line of a judgment: <c>verdict: pass</c> or <c>verdict: fail</c>.</summary>
internal static class VerdictLine
{
    public static SelfJudgment? Read(string text)
    {
        var trimmed = text.AsSpan().Trim();
        var lineStart = trimmed.LastIndexOf('\n') + 1;
        var line = trimmed[lineStart..].Trim();
        const string Key = "verdict";
        if (!line.StartsWith(Key, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        line = line[Key.Length..].TrimStart();
        if (!line.StartsWith(':'))
        {
            return null;
        }

        line = line[1..].Trim();
        return ReadVerdict(line) is { } verdict ? new SelfJudgment(trimmed[..lineStart].TrimEnd().ToString(), verdict) : null;
    }

    public static string Write(Verdict verdict) => verdict == Verdict.Pass ? "verdict: pass" : "verdict: fail";

    private static Verdict? ReadVerdict(ReadOnlySpan<char> word) =>
        word.Equals("pass", StringComparison.OrdinalIgnoreCase) ? Verdict.Pass
        : word.Equals("fail", StringComparison.OrdinalIgnoreCase) ? Verdict.Fail
        : null;
}
