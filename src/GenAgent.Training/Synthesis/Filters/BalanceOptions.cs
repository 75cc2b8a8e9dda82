namespace GenAgent.Training.Synthesis.Filters;

/// <summary>How much of one kind a data set may hold.</summary>
public sealed record BalanceOptions
{
    /// <summary>The most that a category may have, as a multiple of the mean over categories; 1 or more.</summary>
    public double MaxCategoryRatio { get; init; } = 1.5;

    /// <summary>
    /// The most that trajectories of one round may make up of the data set, in (0, 1]: the rest is reflection. So the verdicts are balanced too.
    /// </summary>
    public double MaxOneRoundShare { get; init; } = 0.6;

    /// <summary>Throws <see cref="ArgumentException"/> when a value is out of range.</summary>
    internal static void Validate(BalanceOptions options)
    {
        if (!(options.MaxCategoryRatio >= 1))
            throw new ArgumentException($"{nameof(MaxCategoryRatio)} is {options.MaxCategoryRatio}, but must be 1 or more.", nameof(options));
        if (!(options.MaxOneRoundShare is > 0 and <= 1))
            throw new ArgumentException($"{nameof(MaxOneRoundShare)} is {options.MaxOneRoundShare}, but must lie in (0, 1].", nameof(options));
    }
}
