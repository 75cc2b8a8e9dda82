using System.Globalization;
using System.Text.RegularExpressions;
using GenAgent.Protocol;
using GenAgent.Trajectories;

namespace GenAgent.Agents;

/// <summary>
/// Chooses the image that a run returns: the one that the answer names, else the last that passed, else the selector's choice, else the last.
/// </summary>
internal static class BestAttempt
{
    private static readonly Regex ImageName = new(
        @"\b(image|img)[ _#]{0,3}(?<number>[0-9]{1,4})\b",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    public static async ValueTask<(Attempt Attempt, ChoiceRule Rule)?> ChooseAsync(
        IReadOnlyList<Attempt> attempts, string? answer, Func<IReadOnlyList<Attempt>, ValueTask<Attempt?>> select)
    {
        if (attempts.Count == 0)
        {
            return null;
        }

        if (Named(attempts, answer) is { } named)
        {
            return (named, ChoiceRule.Named);
        }

        if (attempts.LastOrDefault(attempt => attempt.Verdict == Verdict.Pass) is { } passed)
        {
            return (passed, ChoiceRule.Passed);
        }

        return attempts.Count > 1 && await select(attempts) is { } selected ? (selected, ChoiceRule.Selected) : (attempts[^1], ChoiceRule.Last);
    }

    private static Attempt? Named(IReadOnlyList<Attempt> attempts, string? answer)
    {
        if (answer is null)
        {
            return null;
        }

        var digits = int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out var bare)
            ? bare
            : ImageName.Match(answer) is { Success: true } match ? int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        return digits >= 1 && digits <= attempts.Count ? attempts[digits - 1] : null;
    }
}
