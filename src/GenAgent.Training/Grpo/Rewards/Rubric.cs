using GenAgent.Judging;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Rewards;

/// <summary>Which rewards count, and how much; and who judges. Safe to use from many tasks at once.</summary>
public sealed class Rubric
{
    /// <summary>The name under which a trajectory keeps what the monitor says of its image, among its scores.</summary>
    public const string Monitor = "monitor";

    private readonly (IReward Reward, double Weight)[] _parts;
    private readonly IJudge _judge;
    private readonly IPairwiseJudge _pairwise;
    private readonly IJudge? _monitor;

    /// <summary>Makes a rubric.</summary>
    /// <param name="weights">The weight of each reward, by name; <see cref="KnownRewards.PaperWeights"/> for the paper's.</param>
    /// <param name="judge">Judges an image by itself.</param>
    /// <param name="pairwise">Compares two images; null compares their scores.</param>
    /// <param name="monitor">Judges the returned image too, for the log alone: a judge that is never trained on shows whether the other is being gamed.
    /// Null for none.</param>
    /// <param name="own">Rewards beside the known ones.</param>
    /// <exception cref="ArgumentException">A weight names no reward; the message lists those that there are.</exception>
    public Rubric(
        IReadOnlyDictionary<string, double> weights, IJudge judge, IPairwiseJudge? pairwise = null, IJudge? monitor = null, IEnumerable<IReward>? own = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(judge);
        var known = new Dictionary<string, IReward>(KnownRewards.All, StringComparer.Ordinal);
        foreach (var reward in own ?? []) known[reward.Name] = reward;
        if (weights.Keys.FirstOrDefault(name => !known.ContainsKey(name)) is { } unknown)
            throw new ArgumentException(
                $"rewards: there is no reward \"{unknown}\"; there are {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}.", nameof(weights));
        if (weights.Count == 0) throw new ArgumentException("rewards names no reward: nothing would be learned.", nameof(weights));
        _parts = [.. weights.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (known[pair.Key], pair.Value))];
        (_judge, _pairwise, _monitor) = (judge, pairwise ?? new ScorePairwiseJudge(judge), monitor);
    }

    /// <summary>What decides the rewards, in words.</summary>
    public string Identity =>
        $"{_judge.Name}; {_pairwise.Name}; {string.Join(", ", _parts.Select(part => FormattableString.Invariant($"{part.Weight} {part.Reward.Name}")))}";

    /// <summary>The run with its rewards by name, each before its weight, the whole reward, and what the judges said of its images.</summary>
    /// <param name="task">What was asked.</param>
    /// <param name="trajectory">The run.</param>
    /// <param name="images">The run's images, by their ids.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The run, with rewards and judgments.</returns>
    /// <exception cref="RewardFailedException">A judge could not judge.</exception>
    public async Task<Trajectory> JudgeAsync(
        SynthesisPrompt task, Trajectory trajectory, IReadOnlyList<DataContent> images, CancellationToken cancellationToken)
    {
        var rollout = new JudgedRollout(task, trajectory, images, _judge, _pairwise);
        var rewards = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var total = 0.0;
        foreach (var (reward, weight) in _parts)
        {
            rewards[reward.Name] = await reward.OfAsync(rollout, cancellationToken);
            total += weight * rewards[reward.Name];
        }

        rewards[Trajectory.TotalReward] = total;
        var rounds = trajectory.Rounds.ToArray();
        foreach (var (image, round) in rounds.Where(round => round.Shown is not null).Take(images.Count).ToArray().Index())
            rounds[round.Index] = round with { Judgments = [ImageJudgment.Of(round.Shown!.Value, await rollout.ScoreAsync(image, cancellationToken))] };
        return trajectory with { Rewards = rewards, Rounds = rounds, Scores = await MonitorAsync(rollout, cancellationToken) };
    }

    private async Task<Dictionary<string, double>?> MonitorAsync(JudgedRollout rollout, CancellationToken cancellationToken) =>
        _monitor is not null && rollout.Task.Drawable && rollout.FinalImage is { } final
        && await _monitor.JudgeAsync(new JudgeRequest(rollout.Task.Text, rollout.Images[final], rollout.Task.Constraints), cancellationToken) is Score seen
            ? new(StringComparer.Ordinal) { [Monitor] = seen.Passed ? 1 : 0 }
            : null;
}
