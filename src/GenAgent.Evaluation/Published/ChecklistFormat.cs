using System.Globalization;
using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// For a user's own prompts: their constraints, questions or reference as a list of yes/no questions, answered by one JSON object. The score is the share of
/// yes.
/// </summary>
internal sealed class ChecklistFormat : IReplyFormat
{
    private const string Key = "checklist";

    public string Name => "own-checklist/1";

    public ReplySettings Settings { get; } = new();

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task)
    {
        var lines = Lines(task);
        return
        [
            new(Key, $$"""
                This image was made for the prompt "{{task.Prompt}}". Look at it, and answer every question from what you see; when in doubt, the answer is no.
                {{string.Join('\n', lines.Select((line, i) => string.Create(CultureInfo.InvariantCulture, $"{i + 1}. {line}")))}}

                Answer with one JSON object and nothing else: {"answers": [{"found": "what the image shows, in a few words", "yes": true or false}, ...]}
                with exactly {{lines.Count}} entries, in the order of the questions.
                """),
        ];
    }

    public bool IsUsable(JudgeReply reply) => Answers(reply.Text) is not null;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        var lines = Lines(task);
        if (replies.Select(r => Answers(r.Text)).FirstOrDefault(a => a?.Count == lines.Count) is not { } answers)
            return new(null, null, Passed: false, ReplyText.Fault(replies));
        var share = answers.Average(a => a.Yes ? 1.0 : 0);
        var wrong = lines.Zip(answers).Where(l => !l.Second.Yes).Select(l => $"{l.First} Found: {l.Second.Found}.");
        return new(share, share, share == 1, share == 1 ? "every answer is yes" : string.Join(' ', wrong));
    }

    private static List<string> Lines(BenchmarkTask task)
    {
        List<string> lines =
            [.. task.Questions.Select(q =>
            string.Equals(q.Answer, "Yes", StringComparison.OrdinalIgnoreCase) ? q.Text : $"{q.Text} Is the answer \"{q.Answer}\"?")];
        if (task.Constraints is { } constraints)
        {
            lines.AddRange(GenEvalPlusFormat.Checklist(constraints).Select(line => $"Does this hold: {line}?"));
            if (constraints.Background is { } background)
                lines.Add($"Is the background {background}?");
        }

        if (task.Reference is { } reference)
            lines.Add($"Does the image show this: {reference}");
        return lines.Count > 0 ? lines : ["Does the image show everything that the prompt asks for?"];
    }

    private static List<(bool Yes, string Found)>? Answers(string? text)
    {
        if (ReplyText.Json(text) is not { } json || !json.TryGetProperty("answers", out var list) || list.ValueKind != JsonValueKind.Array)
            return null;
        List<(bool, string)> answers = [];
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("yes", out var yes)
                || yes.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                return null;
            answers.Add((yes.GetBoolean(), item.TryGetProperty("found", out var found) ? found.ToString() : string.Empty));
        }

        return answers;
    }
}
