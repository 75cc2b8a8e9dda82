using System.Security.Cryptography;
using System.Text;
using GenAgent.Server.Jobs;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>A trajectory in a list. Immutable.</summary>
internal sealed record TrajectorySummary(
    string Id, string Source, string Prompt, string? Verdict, string? Outside, double? Score, int Rounds, int Images, int Faults, string Model,
        string Generator,
    string? Category, string Group, DateTimeOffset Created, string? Thumbnail)
{
    private const int DigitsOfGroup = 16;

    public IReadOnlyDictionary<string, double>? Rewards { get; init; }

    /// <summary>The summary of a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="source">The folder that it stands in.</param>
    public static TrajectorySummary Of(SummaryLine line, string source)
    {
        var final = line.Answer?.ImageId;
        var outside = line.Rounds.SelectMany(round => round.Judgments.Where(judged => IsOf(judged, round, final))).LastOrDefault();
        return new(
            line.Id, source, line.Prompt, VerdictOf(line), outside?.Passed switch { true => "right", false => "wrong", null => null },
            line.Scores?.Values.Select(value => (double?)value).FirstOrDefault() ?? outside?.Value,
            line.Rounds.Count(round => round.Images.Count > 0), line.Rounds.Sum(round => round.Images.Count), line.Rounds.Sum(round => round.Faults.Count),
            line.Model.Name, line.Generator.Name, line.Task?.Category, GroupOf(source, line), line.StartedAt, final is null ? null : JobEvents.ImageUrl(final))
        {
            Rewards = line.Rewards,
        };
    }

    private static bool IsOf(SummaryOutside judged, SummaryRound round, string? image) =>
        judged.Candidate < round.Images.Count && string.Equals(round.Images[judged.Candidate].Id, image, StringComparison.Ordinal);

    private static string? VerdictOf(SummaryLine line) => (line.Answer, line.StopReason) switch
    {
        (null, StopReason.Declined) => "declined",
        (null, _) => "fault",
        _ => line.Rounds.LastOrDefault(round => round.Judgment is not null)?.Judgment?.Verdict switch
        {
            Protocol.Verdict.Pass => "passed",
            Protocol.Verdict.Fail => "failed",
            _ => null,
        },
    };

    // The rollouts of one prompt in one folder.
    private static string GroupOf(string source, SummaryLine line) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{line.Task?.PromptId}\n{line.Prompt}")))[..DigitsOfGroup];
}
