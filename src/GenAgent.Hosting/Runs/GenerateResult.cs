using GenAgent.Judging;
using GenAgent.Protocol;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>What came of a prompt, as <c>generate --json</c> writes it (docs/schemas/generate.schema.json).</summary>
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
    public static GenerateResult Of(PromptLine prompt, GenerateStatus status, Trajectory trajectory, string? file, Judgment? judgment = null, string? error = null)
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
    public static GenerateResult Failed(PromptLine prompt, string error) =>
        new(CurrentSchema, prompt.Index, prompt.Text, GenerateStatus.Failed, null, null, null, null, null, null, null, 0, 0, TokenUsage.None, 0, [], null, error);

    /// <summary>How a prompt ended that has an image.</summary>
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
public sealed record GenerateImage(string Id, string MediaType, int Width, int Height, long? Seed, long RequestedSeed);

/// <summary>What the judge says of the final image: a value, or an error and no value.</summary>
public sealed record GenerateJudgment(string Judge, double? Value, bool? Passed, string? Reason, string? Error)
{
    /// <summary>What a judge said; null for nothing.</summary>
    public static GenerateJudgment? Of(Judgment? judgment) => judgment switch
    {
        Score score => new(score.Judge, score.Value, score.Passed, score.Reason, null),
        NoScore none => new(none.Judge, null, null, null, none.Error),
        _ => null,
    };
}
