using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// GenEval++'s format: a checklist made from the constraints, answered by one JSON object with <c>correct</c> and a reason. Officially only <c>correct</c>
/// equal to 1 or true is right, and a reply without JSON, also one that its 200 tokens cut, is wrong after three tries; soundly, a cut reply that has said
/// <c>correct</c> counts, and what says neither yes nor no is a failure.
/// </summary>
internal sealed partial class GenEvalPlusFormat : IReplyFormat
{
    private const string Key = "checklist";

    public string Name => "geneval++/2";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 200, SendsJpeg = true };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
    [
        new(Key, $$"""
            Check strictly whether this image shows what its prompt asks for.

            Prompt: {{task.Prompt}}
            Every line of this checklist must hold:
            {{string.Join('\n', Checklist(task.Constraints ?? new([])).Select(line => $"- {line}"))}}

            Objects must be easy to recognize, numbers exact, and colors, sizes and positions as listed. The image must look like one natural photograph: a drawing,
            a cartoon, a collage or several panels are incorrect. One line that does not hold makes the image incorrect.
            Answer with one JSON object and nothing else: {"correct": 1 or 0, "reason": "one short sentence"}
            """)
        {
            System = "You check images against checklists, strictly, and answer in JSON.",
        },
    ];

    public bool IsUsable(JudgeReply reply) => ReplyText.Json(reply.Text) is not null;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        var whole = replies.Select(r => ReplyText.Json(r.Text)).FirstOrDefault(j => j is not null);
        var official = whole is { } json && Correct(json) == true ? 1.0 : 0;
        var sound = whole is { } read ? Correct(read) : replies.Select(r => Cut(r.Text)).FirstOrDefault(c => c is not null);
        var reason = sound is null ? ReplyText.Fault(replies) : Reason(whole) ?? "the reply was cut after its verdict";
        return new(official, sound is { } correct ? (correct ? 1 : 0) : null, sound == true, reason);
    }

    /// <summary>The lines of the checklist; an excluded count means "fewer than that".</summary>
    internal static IEnumerable<string> Checklist(PromptConstraints constraints)
    {
        foreach (var group in constraints.Include)
        {
            var what = string.Join(' ', new[] { group.Color, group.Class }.OfType<string>());
            yield return string.Create(CultureInfo.InvariantCulture, $"exactly {group.Count} x {what}");
            if (group.Region is { } region)
                yield return $"the {what} {(region is "left" or "right" ? $"on the {region}" : $"{region} the rest")}";
            if (group.Size is { } size)
                yield return $"the {what} {(size is "larger" or "smaller" ? $"is {size} than the rest" : $"is {size}")}";
        }

        foreach (var group in constraints.Exclude ?? [])
            yield return string.Create(
                CultureInfo.InvariantCulture, $"no more than {group.Count - 1} x {string.Join(' ', new[] { group.Color, group.Class }.OfType<string>())}");
    }

    private static bool? Correct(JsonElement json) => json.TryGetProperty("correct", out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number when value.GetDouble() is 0 or 1 => value.GetDouble() == 1,
            _ => null,
        }
        : null;

    private static string? Reason(JsonElement? json) => json is { } read && read.TryGetProperty("reason", out var reason)
        && reason.ValueKind == JsonValueKind.String ? reason.GetString() : null;

    private static bool? Cut(string? text) =>
        text is not null && CorrectField().Match(text) is { Success: true } match ? match.Groups["value"].Value is "true" or "True" or "1" : null;

    [GeneratedRegex("\"correct\"\\s*:\\s*(?<value>true|false|True|False|0|1)\\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CorrectField();
}
