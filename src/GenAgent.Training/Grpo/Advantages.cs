namespace GenAgent.Training.Grpo;

/// <summary>
/// Turns rewards into advantages: how much better a rollout did than the others of its group. The rollout is the unit, not the token or the
/// turn. A group whose rewards are equal within <see cref="Tolerance"/> has advantages of exactly 0. Pure.
/// </summary>
/// <remarks>Source: DeepSeekMath (GRPO), "Understanding R1-Zero-Like Training" (Dr. GRPO); numbers agree with TRL 1.16.</remarks>
public static class Advantages
{
    /// <summary>Rewards that differ by no more than this are equal: sums of weighted parts are rounded differently.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>What is added to a standard deviation before it divides.</summary>
    public const double Epsilon = 1e-4;

    /// <summary>Computes the advantages of a step.</summary>
    /// <param name="groups">The rewards, group by group; NaN for a rollout without a reward, which gets 0 and counts in no mean.</param>
    /// <param name="scale">What the centred rewards are divided by.</param>
    /// <returns>One advantage a reward, in the same order.</returns>
    public static double[][] Of(IReadOnlyList<double[]> groups, AdvantageScale scale)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var batch = scale == AdvantageScale.Batch ? Deviation([.. groups.SelectMany(Scored)]) : 0;
        return [.. groups.Select(group =>
            OfGroup(group, scale switch { AdvantageScale.Group => Deviation(Scored(group)), AdvantageScale.Batch => batch, _ => null }))];
    }

    /// <summary>Whether a group's rewards are all equal: it teaches nothing.</summary>
    /// <param name="group">The rewards of one prompt's rollouts.</param>
    /// <returns>True if no reward differs.</returns>
    public static bool IsConstant(double[] group)
    {
        var scored = Scored(group);
        return scored.Length < 2 || scored.Max() - scored.Min() <= Tolerance;
    }

    private static double[] OfGroup(double[] group, double? deviation)
    {
        if (IsConstant(group)) return new double[group.Length];
        var mean = Scored(group).Average();
        return [.. group.Select(reward => double.IsNaN(reward) ? 0 : (reward - mean) / (deviation is { } known ? known + Epsilon : 1))];
    }

    private static double[] Scored(double[] group) => [.. group.Where(reward => !double.IsNaN(reward))];

    // The sample's standard deviation (n - 1).
    private static double Deviation(double[] values)
    {
        if (values.Length < 2) return 0;
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
