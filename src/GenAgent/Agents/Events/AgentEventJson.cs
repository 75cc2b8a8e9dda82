using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>
/// Writes an event of a run as one line of JSON for other programs: <c>schema</c>, <c>event</c>, <c>trajectory</c>, <c>round</c>, and the event's own
/// members (docs/schemas/event.schema.json). Members may be added but never removed.
/// </summary>
public static class AgentEventJson
{
    /// <summary>The schema's name and version.</summary>
    public const string Schema = "genagent.event/1";

    /// <summary>Writes an event, without a line end.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="withImages">Whether the encoded images and previews are written as <c>data:</c> URIs. Otherwise an image has only its id.</param>
    /// <returns>UTF-8 JSON on one line.</returns>
    public static string Write(AgentEvent happened, bool withImages = false)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var line = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["schema"] = Schema,
            ["event"] = NameOf(happened),
            ["trajectory"] = happened.TrajectoryId,
            ["round"] = happened.Round,
        };
        foreach (var (name, value) in Members(happened, withImages))
        {
            line[name] = value;
        }

        return JsonSerializer.Serialize(line, SnakeCaseJson.Options);
    }

    private static string NameOf(AgentEvent happened) => happened switch
    {
        RunStartedEvent => "run_started",
        TextDeltaEvent => "text",
        JudgmentEvent => "judgment",
        ThoughtEvent => "thought",
        CallEvent => "call",
        ToolTextEvent => "tool_text",
        ProgressEvent => "progress",
        ImageEvent => "image",
        AttemptEvent => "attempt",
        FaultEvent => "fault",
        AnswerEvent => "answer",
        RunCompletedEvent => "run_completed",
        _ => throw new ArgumentException($"{happened.GetType().Name} has no JSON.", nameof(happened)),
    };

    private static (string Name, object? Value)[] Members(AgentEvent happened, bool withImages) => happened switch
    {
        RunStartedEvent started => [("prompt", started.Prompt)],
        TextDeltaEvent delta => [("section", delta.Section), ("text", delta.Text)],
        JudgmentEvent judged => [("verdict", judged.Judgment.Verdict), ("text", judged.Judgment.Text)],
        ThoughtEvent thought => [("text", thought.Text)],
        CallEvent call => [("tool", call.Call.Name), ("arguments", call.Call.Arguments)],
        ToolTextEvent told => [("text", told.Text)],
        ProgressEvent progress =>
        [
            ("candidate", progress.Candidate), ("fraction", progress.Progress.Fraction), ("stage", progress.Progress.Stage),
            ("step", progress.Progress.Step), ("steps", progress.Progress.Steps), ("data", withImages ? UriOf(progress.Progress.Preview) : null),
        ],
        ImageEvent image => [("candidate", image.Candidate), ("image", Describe(image.Reference)), ("data", withImages ? UriOf(image.Image) : null)],
        AttemptEvent attempt =>
            [
                ("candidate", attempt.Attempt.Candidate),
                ("number", attempt.Attempt.Number),
                ("prompt", attempt.Attempt.Prompt),
                ("image", Describe(attempt.Attempt.Reference))
            ],
        FaultEvent fault => [("fault", fault.Fault)],
        AnswerEvent answer => [("text", answer.Text)],
        RunCompletedEvent { Result.Trajectory: var trajectory } =>
        [
            ("stop_reason", trajectory.StopReason), ("image", trajectory.FinalImage is { } final ? Describe(final) : null), ("rounds", trajectory.ImageRounds),
            ("seconds", trajectory.Seconds), ("tokens", trajectory.Tokens),
        ],
        _ => [],
    };

    private static object Describe(ImageReference image) => new { image.Id, image.MediaType, image.Width, image.Height, image.Seed, image.RequestedSeed };

    private static string? UriOf(DataContent? image) => image is { Data.Length: > 0 } ? image.Uri : null;
}
