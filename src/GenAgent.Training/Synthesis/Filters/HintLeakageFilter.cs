using System.Text.RegularExpressions;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Drops trajectories that speak of what the agent never saw: a hint, a reference, a verifier, a checklist. Lexical rules; the user's own words are no
/// leak.
/// </summary>
public sealed partial class HintLeakageFilter : ISynthesisFilter
{
    /// <inheritdoc/>
    public string Name => "hint_leakage";

    /// <inheritdoc/>
    public ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return ValueTask.FromResult(Check(sample));
    }

    private static string? Check(SynthesisSample sample)
    {
        var asked = Rules().Matches(sample.Trajectory.Prompt).Select(m => m.Value).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var round in sample.Trajectory.Rounds)
        {
            if (Rules().Matches(round.Text).FirstOrDefault(m => !asked.Contains(m.Value)) is { } leak)
                return $"round {round.Index} speaks of \"{leak.Value}\"";
        }

        return null;
    }

    [GeneratedRegex(
        @"\b(?:hints?|(?:the|a|an|given|provided|this) (?:reference|target|ground[- ]truth|gold(?:en)? image)|"
        + @"reference (?:image|picture|photo)s?|target image|ground[- ]truth|checklist|verifier(?:'s)?|private(?:ly)? (?:instruct\w*|told)|as instructed|"
        + @"oracle|constraints? (?:list|report)|expected (?:output|answer)|the (?:original|correct) image|"
        + @"I (?:was|am) (?:told|given|shown) (?:that|a|an|the))\b",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Rules();
}
