using System.Globalization;
using System.Text;
using System.Text.Json;
using GenAgent.Judging;
using GenAgent.Protocol;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Screens;

/// <summary>A run's facts in words.</summary>
internal static class RunWords
{
    public static string Of(Verdict verdict) => verdict == Verdict.Pass ? "pass" : "fail";

    /// <summary>A name of the code as people write it: <c>BrokenTurn</c> is <c>broken turn</c>.</summary>
    public static string Of(Enum value)
    {
        var words = new StringBuilder();
        foreach (var c in value.ToString())
        {
            words.Append(char.IsUpper(c) && words.Length > 0 ? " " : string.Empty).Append(char.ToLowerInvariant(c));
        }

        return words.ToString();
    }

    public static string Of(ImageReference image) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{image.Width}×{image.Height}, seed {image.Seed ?? image.RequestedSeed}{(image.Seed is null ? " (not confirmed)" : string.Empty)}");

    public static string Of(Trajectory trajectory)
    {
        var tokens = trajectory.Tokens;
        var images = trajectory.Rounds.Sum(round => round.Images.Count);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Of(trajectory.StopReason)}{(trajectory.Error is { } error ? $" ({error.TrimEnd('.')})" : string.Empty)}, "
                + $"{Count(trajectory.ImageRounds, "round")}, {Count(images, "image")}, "
                + $"{(tokens.Estimated ? "about " : string.Empty)}{tokens.Input + tokens.Output} tokens, {trajectory.Seconds:0.0} "
                + $"s{(NotPassed(trajectory) ? "; not passed: this is the last attempt" : string.Empty)}");
    }

    /// <summary>The agent's verdict on the image that the run returned.</summary>
    public static string VerdictOf(Trajectory trajectory) => trajectory.Answer is not { } answer ? "no image"
        : JudgmentOf(trajectory, answer) is not { } judgment ? "not judged"
        : judgment.Verdict == Verdict.Pass ? "passed" : "not passed";

    private static bool NotPassed(Trajectory trajectory) => trajectory.Answer is { } answer
        && (JudgmentOf(trajectory, answer) is { } judgment ? judgment.Verdict != Verdict.Pass : trajectory.StopReason != StopReason.Answered);

    // The agent's judgment of an image stands in a turn after the one that made it.
    private static SelfJudgment? JudgmentOf(Trajectory trajectory, FinalAnswer answer) =>
        trajectory.Rounds.FirstOrDefault(round => round.Index > answer.Round && round.Judgment is not null)?.Judgment;

    public static string Of(Judgment judgment) => judgment switch
    {
        Score score => string.Create(CultureInfo.InvariantCulture, $"{score.Value:0.00} {(score.Passed ? "pass" : "fail")} by {score.Judge}: {score.Reason}"),
        NoScore none => $"no score by {none.Judge}: {none.Error}",
        _ => judgment.ToString(),
    };

    /// <summary>
    /// What a tool is asked for: the text of its only or first argument, whatever the dialect calls it; the raw arguments where that is no text.
    /// </summary>
    public static string PromptOf(ToolCall call)
    {
        try
        {
            using var arguments = JsonDocument.Parse(call.Arguments);
            return arguments.RootElement.ValueKind == JsonValueKind.Object
                ? arguments.RootElement.EnumerateObject().Select(argument => argument.Value).FirstOrDefault(value => value.ValueKind == JsonValueKind.String)
                    .ToString() is { Length: > 0 } text
                    ? text
                    : call.Arguments
                : call.Arguments;
        }
        catch (JsonException)
        {
            return call.Arguments;
        }
    }

    public static string Count(int count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many ?? $"{one}s")}");
}
