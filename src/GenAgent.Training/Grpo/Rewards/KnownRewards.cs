using GenAgent.Trajectories;

namespace GenAgent.Training.Grpo.Rewards;

/// <summary>The rewards that a recipe can name.</summary>
public static class KnownRewards
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, IReward> All { get; } = new IReward[]
    {
        new FinalImageReward(), new ReflectionReward(), new FormatFault(), new GainReward(), new PeakReward(), new RetentionReward(), new EfficiencyReward(),
            new LengthReward(), new ChecklistReward(),
    }.ToDictionary(reward => reward.Name, StringComparer.Ordinal);

    /// <summary>The paper's weights: .7 for the final image, .3 for the reflection, -.2 for a fault.</summary>
    public static IReadOnlyDictionary<string, double> PaperWeights { get; } = new Dictionary<string, double>(StringComparer.Ordinal)
    {
        ["final"] = 0.7, ["reflection"] = 0.3, ["format"] = -0.2,
    };
}

/// <summary>1 when the image that the run returned passes, or when a prompt that cannot be drawn was declined.</summary>
internal sealed class FinalImageReward : IReward
{
    public string Name => "final";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken) =>
        !rollout.Task.Drawable ? rollout.Trajectory.StopReason == StopReason.Declined ? 1 : 0
        : rollout.FinalImage is { } image && (await rollout.ScoreAsync(image, cancellationToken)).Passed ? 1 : 0;
}

/// <summary>
/// The share of right decisions after an image. After a right image the right decision is to stop; after a wrong one it is to try again, and the next
/// image must be better in both orders. An image after which the limit of rounds left no choice is no decision.
/// </summary>
internal sealed class ReflectionReward : IReward
{
    public string Name => "reflection";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken)
    {
        var (right, decisions) = (0, 0);
        for (var image = 0; image < rollout.Images.Count; image++)
        {
            var passed = (await rollout.ScoreAsync(image, cancellationToken)).Passed;
            var isLast = image == rollout.Images.Count - 1;
            if (isLast && !rollout.Answered) continue;
            decisions++;
            if (isLast ? passed : !passed && await rollout.ChangeAsync(image + 1, cancellationToken) > 0) right++;
        }

        return decisions == 0 ? 0 : right / (double)decisions;
    }
}

/// <summary>1 when a turn broke the grammar, named no tool that exists, or had arguments that do not fit: weigh it below 0.</summary>
internal sealed class FormatFault : IReward
{
    public string Name => "format";

    public ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken) =>
        ValueTask.FromResult(
            rollout.Trajectory.Faults.Any(fault => fault.IsTheModels) ? 1.0 : 0);
}

/// <summary>How much the last image's score lies above the first one's, in [-1, 1].</summary>
internal sealed class GainReward : IReward
{
    public string Name => "gain";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken) => rollout.Images.Count < 2
        ? 0
        : (await rollout.ScoreAsync(rollout.Images.Count - 1, cancellationToken)).Value - (await rollout.ScoreAsync(0, cancellationToken)).Value;
}

/// <summary>The best score of any image.</summary>
internal sealed class PeakReward : IReward
{
    public string Name => "peak";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken)
    {
        var best = 0.0;
        for (var image = 0; image < rollout.Images.Count; image++) best = Math.Max(best, (await rollout.ScoreAsync(image, cancellationToken)).Value);
        return best;
    }
}

/// <summary>1 unless an image passed and the one that was returned does not.</summary>
internal sealed class RetentionReward : IReward
{
    public string Name => "retention";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken)
    {
        if (rollout.FinalImage is not { } final || (await rollout.ScoreAsync(final, cancellationToken)).Passed) return 1;
        for (var image = 0; image < rollout.Images.Count; image++)
        {
            if ((await rollout.ScoreAsync(image, cancellationToken)).Passed) return 0;
        }

        return 1;
    }
}

/// <summary>1 divided by the images that were made, when the returned one passes.</summary>
internal sealed class EfficiencyReward : IReward
{
    public string Name => "efficiency";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken) =>
        rollout.FinalImage is { } image && (await rollout.ScoreAsync(image, cancellationToken)).Passed ? 1.0 / rollout.Images.Count : 0;
}

/// <summary>Thousands of tokens that the model wrote: weigh it below 0.</summary>
internal sealed class LengthReward : IReward
{
    public string Name => "length";

    public ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken) =>
        ValueTask.FromResult(rollout.Trajectory.Tokens.Output / 1000.0);
}

/// <summary>The share of a judge's checks that the returned image passes; its score where the judge gives no checks.</summary>
internal sealed class ChecklistReward : IReward
{
    public string Name => "checklist";

    public async ValueTask<double> OfAsync(JudgedRollout rollout, CancellationToken cancellationToken)
    {
        if (rollout.FinalImage is not { } image) return 0;
        var score = await rollout.ScoreAsync(image, cancellationToken);
        return score.Checks.Count == 0 ? score.Value : score.Checks.Count(check => check.Passed) / (double)score.Checks.Count;
    }
}
