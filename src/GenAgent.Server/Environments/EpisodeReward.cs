using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Trajectories;

namespace GenAgent.Server.Environments;

/// <summary>What a run of the agent earns, or why it does not count. Immutable.</summary>
/// <param name="Parts">The parts by name, weighted; empty for a run that does not count.</param>
/// <param name="Excluded">Why the run does not count: a judge or a generator failed. Null if it counts.</param>
internal sealed record EpisodeReward(IReadOnlyDictionary<string, double> Parts, string? Excluded)
{
    private const string Final = "final";
    private const string Format = "format";

    /// <summary>The sum of the parts; null for a run that does not count: a failed judge is no reward of 0.</summary>
    public double? Total => Excluded is null ? Parts.Values.Sum() : null;

    /// <summary>Judges the image that the run returned; a run that does not count is not judged.</summary>
    public static async Task<(EpisodeReward Reward, Trajectory Trajectory)> OfAsync(
        AgentResult result, IJudge judge, EnvironmentOptions options, CancellationToken cancellationToken)
    {
        var trajectory = result.Trajectory;
        Judgment? judgment = null;
        var excluded = Failure(trajectory);
        if (excluded is null && result.Best is { } best)
        {
            judgment = await judge.JudgeAsync(new(trajectory.Prompt, best.Image), cancellationToken);
            trajectory = trajectory.WithJudgment(best.Round, best.Candidate, judgment);
        }

        excluded ??= (judgment as NoScore)?.Error;
        var reward = excluded is null
            ? new EpisodeReward(
                new SortedDictionary<string, double>(StringComparer.Ordinal)
                {
                    [Final] = judgment is Score { Passed: true } ? options.PassReward : 0,
                    [Format] = trajectory.Faults.Any(fault => fault.IsTheModels) ? options.FaultReward : 0,
                },
                null)
            : new(new Dictionary<string, double>(StringComparer.Ordinal), excluded);
        return (reward, trajectory with { Rewards = reward.Named(), Excluded = excluded });
    }

    private SortedDictionary<string, double>? Named() => Total is { } total
        ? new SortedDictionary<string, double>(Parts.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal) { [Trajectory.TotalReward] = total }
        : null;

    // What the policy could do nothing about.
    private static string? Failure(Trajectory trajectory) => trajectory.StopReason switch
    {
        StopReason.TimeBudget => "the time of the run was spent",
        StopReason.Cancelled => "the run was cancelled",
        _ => trajectory.BackendFailure,
    };
}
