using GenAgent.Agents;
using GenAgent.Judging;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

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

    /// <summary>Judges the image that the run returned.</summary>
    public static async Task<(EpisodeReward Reward, Trajectory Trajectory)> OfAsync(
        AgentResult result, IJudge judge, EnvironmentOptions options, CancellationToken cancellationToken)
    {
        var trajectory = result.Trajectory;
        var judgment = result.Best is { } best ? await JudgeAsync(judge, trajectory.Prompt, best.Image, cancellationToken) : null;
        var excluded = Failure(trajectory) ?? (judgment as NoScore)?.Error;
        var reward = excluded is null
            ? new EpisodeReward(
                new SortedDictionary<string, double>(StringComparer.Ordinal)
                {
                    [Final] = judgment is Score { Passed: true } ? options.PassReward : 0,
                    [Format] = trajectory.Faults.Any(fault => fault.Kind is FaultKind.BrokenTurn or FaultKind.UnknownTool or FaultKind.BadArguments)
                        ? options.FaultReward : 0,
                },
                null)
            : new(new Dictionary<string, double>(StringComparer.Ordinal), excluded);
        return (reward, Judged(result, judgment) with { Rewards = reward.Named(), Excluded = excluded });
    }

    private SortedDictionary<string, double>? Named() => Total is { } total
        ? new SortedDictionary<string, double>(Parts.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal) { [Gateway.RewardBody.Total] = total }
        : null;

    private static async Task<Judgment> JudgeAsync(IJudge judge, string prompt, DataContent image, CancellationToken cancellationToken) =>
        await judge.JudgeAsync(new(prompt, image), cancellationToken);

    // What the policy could do nothing about.
    private static string? Failure(Trajectory trajectory) => trajectory.StopReason switch
    {
        StopReason.ModelFailed => $"the model failed: {trajectory.Error}",
        StopReason.TimeBudget => "the time of the run was spent",
        StopReason.Cancelled => "the run was cancelled",
        _ => trajectory.Faults.FirstOrDefault(fault => fault.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage)?.Message,
    };

    private static Trajectory Judged(AgentResult result, Judgment? judgment)
    {
        if (judgment is null || result.Best is not { } best) return result.Trajectory;
        var rounds = result.Trajectory.Rounds.Select(
            round => round.Index == best.Round ? round with { Judgments = [.. round.Judgments, ImageJudgment.Of(best.Candidate, judgment)] } : round);
        return result.Trajectory with { Rounds = [.. rounds] };
    }
}
