using GenAgent.Judging;
using GenAgent.Protocol;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>What came of a prompt, as <c>generate --json</c> writes it (docs/schemas/generate.schema.json).</summary>
/// <param name="Schema">The layout of this record.</param>
/// <param name="Index">The prompt's place among many, from 0.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Trajectory">The run's id; null where there is no run.</param>
/// <param name="StopReason">Why the run ended; null where there is no run.</param>
/// <param name="File">The image's path; null for none.</param>
/// <param name="Image">The image; null for none.</param>
/// <param name="ChosenBy">What chose the image; null for none.</param>
/// <param name="Verdict">The agent's last verdict; null for none.</param>
/// <param name="Answer">The agent's closing words; null for none.</param>
/// <param name="Rounds">Rounds that made images.</param>
/// <param name="Images">Images in all.</param>
/// <param name="Tokens">Tokens that the agent's model read and wrote.</param>
/// <param name="Seconds">How long the run took.</param>
/// <param name="Faults">The run's faults.</param>
/// <param name="Judgment">What the judge said; null where nobody was asked.</param>
/// <param name="Error">Why there is no image; null if there is one.</param>
public sealed record GenerateResult(
    string Schema,
    int Index,
    string Prompt,
    GenerateStatus Status,
    string? Trajectory,
    StopReason? StopReason,
    string? File,
    GenerateImage? Image,
    ChoiceRule? ChosenBy,
    Verdict? Verdict,
    string? Answer,
    int Rounds,
    int Images,
    TokenUsage Tokens,
    double Seconds,
    IReadOnlyList<Fault> Faults,
    GenerateJudgment? Judgment,
    string? Error)
{
    private const string CurrentSchema = "genagent.generate/1";

    /// <summary>The result of a run that is over.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="trajectory">The run.</param>
    /// <param name="file">The image's path; null for none.</param>
    /// <param name="judgment">What the judge said; null where nobody was asked.</param>
    /// <param name="error">Why there is no image; null for what the trajectory says.</param>
    /// <returns>The result.</returns>
    public static GenerateResult Of(
        PromptLine prompt, GenerateStatus status, Trajectory trajectory, string? file, Judgment? judgment = null, string? error = null)
    {
        var final = trajectory.FinalImage;
        return new(
            CurrentSchema, prompt.Index, prompt.Text, status, trajectory.Id, trajectory.StopReason, file,
            final is null ? null : new(final.Id, final.MediaType, final.Width, final.Height, final.Seed, final.RequestedSeed),
            trajectory.Answer?.ChosenBy, LastVerdict(trajectory), trajectory.Answer?.Text,
            trajectory.ImageRounds, trajectory.Rounds.Sum(round => round.Images.Count), trajectory.Tokens, trajectory.Seconds,
            [.. trajectory.Faults], GenerateJudgment.Of(judgment), error ?? trajectory.Error);
    }

    /// <summary>The result of a run that never got as far as a trajectory.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="error">Why.</param>
    /// <returns>The result, without trajectory and image.</returns>
    public static GenerateResult Failed(PromptLine prompt, string error) =>
        new(CurrentSchema, prompt.Index, prompt.Text, GenerateStatus.Failed, null, null, null, null, null, null, null, 0, 0, TokenUsage.None, 0, [], null,
            error);

    /// <summary>How a prompt ended that has an image.</summary>
    /// <param name="stop">Why the run ended.</param>
    /// <returns>Whether the run is complete, cut short or cancelled.</returns>
    public static GenerateStatus StatusOf(StopReason stop) => stop switch
    {
        Trajectories.StopReason.Cancelled => GenerateStatus.Cancelled,
        Trajectories.StopReason.ModelFailed => GenerateStatus.Incomplete,
        _ => GenerateStatus.Completed,
    };

    private static Verdict? LastVerdict(Trajectory trajectory) =>
        trajectory.Rounds.LastOrDefault(round => round.Judgment is not null)?.Judgment?.Verdict;
}

/// <summary>How a prompt ended.</summary>
public enum GenerateStatus
{
    /// <summary>There is an image.</summary>
    Completed,

    /// <summary>There is an image, but the agent's model failed before it was done: the error says why, and the same call does the prompt again.</summary>
    Incomplete,

    /// <summary>There was an image already: nothing was done.</summary>
    Skipped,

    /// <summary>It was stopped; the best attempt so far is kept, where there is one.</summary>
    Cancelled,

    /// <summary>There is no image.</summary>
    Failed,
}

/// <summary>The final image.</summary>
/// <param name="Id">The image's SHA-256, as hexadecimal digits.</param>
/// <param name="MediaType">For instance <c>image/png</c>.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Seed">The seed that drew it; null where the generator does not tell.</param>
/// <param name="RequestedSeed">The seed that was asked for.</param>
public sealed record GenerateImage(string Id, string MediaType, int Width, int Height, long? Seed, long RequestedSeed);

/// <summary>What the judge says of the final image: a value, or an error and no value.</summary>
/// <param name="Judge">Who judged.</param>
/// <param name="Value">The score, in [0, 1]; null for none.</param>
/// <param name="Passed">Whether it is good enough; null for no score.</param>
/// <param name="Reason">Why; null for no score.</param>
/// <param name="Error">Why there is no score; null if there is one.</param>
public sealed record GenerateJudgment(string Judge, double? Value, bool? Passed, string? Reason, string? Error)
{
    /// <summary>What a judge said; null for nothing.</summary>
    /// <param name="judgment">What the judge said; null where nobody was asked.</param>
    /// <returns>The judgment, or null.</returns>
    public static GenerateJudgment? Of(Judgment? judgment) => judgment switch
    {
        Score score => new(score.Judge, score.Value, score.Passed, score.Reason, null),
        NoScore none => new(none.Judge, null, null, null, none.Error),
        _ => null,
    };
}
