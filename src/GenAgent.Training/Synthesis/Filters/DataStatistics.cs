using System.Globalization;
using GenAgent.Protocol;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>What a data set holds. Immutable.</summary>
/// <param name="Trajectories">How many trajectories.</param>
/// <param name="Images">Images that were made, candidates included.</param>
/// <param name="InputTokens">Tokens that the teacher read; an estimate where its backend does not count.</param>
/// <param name="OutputTokens">Tokens that the teacher wrote.</param>
/// <param name="Categories">Trajectories by category.</param>
/// <param name="Rounds">Trajectories by the number of images shown.</param>
/// <param name="FirstTries">Trajectories by how the first turn went.</param>
/// <param name="Verdicts">The teacher's verdicts.</param>
/// <param name="PassedFirst">Share of the trajectories with an image whose first image the judge passed; null without any.</param>
/// <param name="PassedLast">The same for the last image.</param>
public sealed record DataStatistics(
    int Trajectories, int Images, long InputTokens, long OutputTokens, IReadOnlyDictionary<string, int> Categories, IReadOnlyDictionary<string, int> Rounds,
    IReadOnlyDictionary<string, int> FirstTries, IReadOnlyDictionary<string, int> Verdicts, double? PassedFirst, double? PassedLast)
{
    /// <summary>Counts.</summary>
    /// <param name="samples">The samples.</param>
    /// <returns>The counts.</returns>
    public static DataStatistics Of(IReadOnlyList<SynthesisSample> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var shown = samples.Where(s => s.Attempts.Count > 0).ToList();
        var verdicts = samples.SelectMany(s => s.Trajectory.Rounds).Select(r => r.Judgment?.Verdict).OfType<Verdict>();
        return new(
            samples.Count,
            samples.Sum(s => s.Trajectory.Rounds.Sum(r => r.Images.Count)),
            samples.Sum(s => s.Trajectory.Tokens.Input),
            samples.Sum(s => s.Trajectory.Tokens.Output),
            Count(samples.Select(s => s.Category)),
            Count(samples.Select(s => s.Attempts.Count.ToString(CultureInfo.InvariantCulture))),
            Count(samples.Select(s => $"{s.FirstTry}")),
            Count(verdicts.Select(v => $"{v}".ToLowerInvariant())),
            shown.Count == 0 ? null : shown.Average(s => s.Attempts[0].Score is { Passed: true } ? 1.0 : 0),
            shown.Count == 0 ? null : shown.Average(s => s.Attempts[^1].Score is { Passed: true } ? 1.0 : 0));
    }

    private static SortedDictionary<string, int> Count(IEnumerable<string> names)
    {
        SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (var name in names)
            counts[name] = counts.GetValueOrDefault(name) + 1;
        return counts;
    }
}
