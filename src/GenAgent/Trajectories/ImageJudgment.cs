using GenAgent.Judging;

namespace GenAgent.Trajectories;

/// <summary>An outside judge's result for one image of the run: a value and a verdict, or why there is none. Immutable.</summary>
/// <param name="Candidate">Which of the round's images, an index into <see cref="Round.Images"/>.</param>
/// <param name="Judge">The judge's name and version.</param>
public sealed record ImageJudgment(int Candidate, string Judge)
{
    /// <summary>How well the image meets the prompt, in [0, 1]; null if the judge could not judge.</summary>
    public double? Value { get; init; }

    /// <summary>The strict verdict; null if the judge could not judge.</summary>
    public bool? Passed { get; init; }

    /// <summary>Why, in words; null if the judge gives no reason.</summary>
    public string? Reason { get; init; }

    /// <summary>Why the judge could not judge; null if it could.</summary>
    public string? Error { get; init; }

    /// <summary>A judgment as a trajectory keeps it.</summary>
    /// <param name="candidate">Which of the round's images.</param>
    /// <param name="judgment">What the judge said.</param>
    /// <returns>The judgment of the image.</returns>
    public static ImageJudgment Of(int candidate, Judgment judgment)
    {
        ArgumentNullException.ThrowIfNull(judgment);
        return judgment switch
        {
            Score score => new(candidate, score.Judge) { Value = score.Value, Passed = score.Passed, Reason = score.Reason.Length > 0 ? score.Reason : null },
            NoScore none => new(candidate, none.Judge) { Error = none.Error },
            _ => new(candidate, judgment.Judge),
        };
    }
}
