using GenAgent.Protocol;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Drops trajectories whose judgment of an image is not the judge's, or whose judge could not judge it; and answers that name an image that failed while
/// another passed.
/// </summary>
public sealed class ContradictionFilter : ISynthesisFilter
{
    /// <inheritdoc/>
    public string Name => "contradiction";

    /// <inheritdoc/>
    public ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return ValueTask.FromResult(Check(sample));
    }

    private static string? Check(SynthesisSample sample)
    {
        var rounds = sample.Trajectory.Rounds;
        var attempts = sample.Attempts;
        for (var i = 0; i < attempts.Count; i++)
        {
            if (attempts[i].Score is not { } score)
                return $"image {i + 1} could not be judged";
            if (rounds.Skip(attempts[i].Round.Index + 1).FirstOrDefault()?.Judgment is { } said && said.Verdict == Verdict.Pass != score.Passed)
                return $"image {i + 1}: the teacher says {said.Verdict}, the judge says {(score.Passed ? "Pass" : "Fail")}";
        }

        if (sample.Trajectory.Answer is not { } answer || !attempts.Any(a => a.Score!.Passed))
            return null;
        var chosen = attempts.FirstOrDefault(a => a.Round.Images.Any(image => string.Equals(image.Id, answer.ImageId, StringComparison.Ordinal)));
        return chosen.Score is { Passed: true } ? null : "the answer is an image that the judge failed, though another passed";
    }
}
