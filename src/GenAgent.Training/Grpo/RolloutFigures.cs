using System.Globalization;
using GenAgent.Protocol;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Trajectories;

namespace GenAgent.Training.Grpo;

/// <summary>
/// What is logged of the rollouts of a step: rewards by part, rounds before and after resampling, faults, and the gauges that show a reward being gamed.
/// Pure.
/// </summary>
internal static class RolloutFigures
{
    /// <summary>The figures of a step, by name.</summary>
    /// <param name="step">The rollouts that were made.</param>
    /// <param name="trained">Those that are learned from.</param>
    /// <param name="options">How they were chosen.</param>
    /// <param name="now">The optimizer step that learns from them.</param>
    /// <param name="updating">How long the sampler took to get the weights.</param>
    public static IReadOnlyDictionary<string, double> Of(
        StepRollouts step, IReadOnlyList<Rollout> trained, GrpoOptions options, long now, TimeSpan updating)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        Rollout[] all = [.. step.Tried.SelectMany(group => group.Rollouts)];
        Rollout[] counted = [.. step.Tried.SelectMany(group => group.Counted)];
        figures["rollouts/groups"] = step.Groups.Count;
        figures["rollouts/groups_tried"] = step.Tried.Count;
        figures["rollouts/groups_without_variance"] = Share(step.Tried, group => group.IsConstant);
        figures["rollouts/excluded"] = Share(all, rollout => rollout.Failure is not null);
        figures["rollouts/trained"] = trained.Count;
        figures["seconds/rollouts"] = step.Seconds;
        figures["seconds/weights"] = updating.TotalSeconds;
        figures["seconds/judging_sum"] = step.JudgeSeconds;
        if (counted.Length == 0) return figures;

        foreach (var name in counted.SelectMany(rollout => rollout.Trajectory.Rewards!.Keys).Distinct(StringComparer.Ordinal))
            figures[string.Equals(name, Trajectory.TotalReward, StringComparison.Ordinal) ? "reward" : $"reward/{name}"] = Mean(
                counted.Where(rollout => rollout.Trajectory.Rewards!.ContainsKey(name)), rollout => rollout.Trajectory.Rewards![name]);
        Rollout[] monitored = [.. counted.Where(rollout => rollout.Trajectory.Scores?.ContainsKey(Rubric.Monitor) == true)];
        if (monitored.Length > 0) figures[$"reward/{Rubric.Monitor}"] = Mean(monitored, rollout => rollout.Trajectory.Scores![Rubric.Monitor]);
        figures["rollouts/rounds"] = Mean(counted, rollout => rollout.Turns);
        for (var rounds = 0; rounds <= options.Rounds; rounds++)
        {
            figures[$"rounds/{rounds}"] = Share(counted, rollout => rollout.Turns == rounds);
            figures[$"rounds_resampled/{rounds}"] = Share(trained, rollout => rollout.Turns == rounds);
        }

        figures["rollouts/tokens_per_turn"] = Mean(counted, rollout => rollout.Trajectory.Tokens.Output / (double)Math.Max(1, rollout.Trajectory.Rounds.Count));
        figures["rollouts/faulty"] = Share(counted, rollout => rollout.Trajectory.Faults.Any());
        figures["rollouts/first_image"] = Share(counted, rollout => Passed(rollout, 1));
        AddGauges(figures, counted, options);
        AddStaleness(figures, trained, now);
        return figures;
    }

    // By how many optimizer steps the weights that sampled a turn are older than those that learn from it.
    private static void AddStaleness(SortedDictionary<string, double> figures, IReadOnlyList<Rollout> trained, long now)
    {
        double[] ages = [.. trained.SelectMany(rollout => rollout.Trajectory.Trace?.Turns ?? [])
            .Select(turn => long.TryParse(turn.PolicyVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? now - version : double.NaN)
            .Where(age => !double.IsNaN(age))];
        if (ages.Length == 0) return;
        figures["rollouts/staleness"] = ages.Average();
        figures["rollouts/staleness_max"] = ages.Max();
    }

    // The agent's own verdicts beside the judge's; what it does after a right and after a wrong image.
    private static void AddGauges(SortedDictionary<string, double> figures, Rollout[] counted, GrpoOptions options)
    {
        (Rollout Rollout, int Image, bool Passed, Verdict? Own)[] judged =
            [.. counted.SelectMany(rollout =>
                Enumerable.Range(1, rollout.Images.Count).Select(image => (rollout, image, Passed(rollout, image), OwnVerdict(rollout.Trajectory, image))))];
        figures["gauge/own_pass_rate"] = Share(judged, one => one.Own == Verdict.Pass);
        figures["gauge/true_pass_rate"] = Share(judged, one => one.Passed);
        figures["gauge/wrong_images_passed"] = Share(judged.Where(one => !one.Passed && one.Own is not null), one => one.Own == Verdict.Pass);
        figures["gauge/right_images_failed"] = Share(judged.Where(one => one.Passed && one.Own is not null), one => one.Own == Verdict.Fail);
        figures["gauge/tries_after_right"] = Share(judged.Where(one => one.Passed && one.Image < options.Rounds), one => one.Image < one.Rollout.Images.Count);
        figures["gauge/stops_after_wrong"] = Share(
            judged.Where(one => !one.Passed && one.Image < options.Rounds), one => one.Image == one.Rollout.Images.Count);
    }

    private static bool Passed(Rollout rollout, int image) =>
        rollout.Trajectory.Rounds.Where(round => round.Shown is not null).Skip(image - 1)
            .FirstOrDefault()?.Judgments.Any(judgment => judgment.Passed == true) == true;

    // The judgment of an image stands in the turn after the one that made it.
    private static Verdict? OwnVerdict(Trajectory trajectory, int image)
    {
        var made = trajectory.Rounds.Where(round => round.Shown is not null).Skip(image - 1).First().Index;
        return made + 1 < trajectory.Rounds.Count ? trajectory.Rounds[made + 1].Judgment?.Verdict : null;
    }

    private static double Share<T>(IEnumerable<T> items, Func<T, bool> holds) => Mean(items, item => holds(item) ? 1.0 : 0);

    private static double Mean<T>(IEnumerable<T> items, Func<T, double> value) => items.Select(value).DefaultIfEmpty(0).Average();
}
