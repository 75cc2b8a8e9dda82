namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Drops trajectories in which reflection did not help: an image that is not better, by the judge's verdict and then its score, than the one before it.
/// </summary>
public sealed class NotBetterFilter : ISynthesisFilter
{
    /// <inheritdoc/>
    public string Name => "not_better";

    /// <inheritdoc/>
    public ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return ValueTask.FromResult(Check(sample.Attempts));
    }

    private static string? Check(IReadOnlyList<(Trajectories.Round Round, AttemptScore? Score)> attempts)
    {
        for (var i = 1; i < attempts.Count; i++)
        {
            if (attempts[i - 1].Score is not { } before || attempts[i].Score is not { } after)
                return $"image {i} or {i + 1} could not be judged";
            if ((after.Passed, after.Value).CompareTo((before.Passed, before.Value)) <= 0)
                return FormattableString.Invariant($"image {i + 1} ({after.Value:F2}) is not better than image {i} ({before.Value:F2})");
        }

        return null;
    }
}
