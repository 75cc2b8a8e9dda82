using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>WISE_Verified's format: right or wrong, 0 or 1. Officially failed judgements are left out.</summary>
/// <param name="question">The official question with <c>{prompt}</c> and <c>{explanation}</c>; null for our own.</param>
internal sealed class WiseVerifiedFormat(OfficialQuestion? question = null) : IReplyFormat
{
    private const string Key = "score";

    public string Name => question is null ? "wise-verified/1" : $"wise-verified/{question.Digest}";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 500, Tries = 1, WithoutThinking = true };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
    [
        question is not null
            ? new(Key, question.Fill(task.Prompt, task.Reference ?? string.Empty)) { System = question.System }
            : new(Key, $"""
                Does this image, made by a text-to-image model, show what PROMPT means, as EXPLANATION says? Beauty and realism do not matter.

                PROMPT: "{task.Prompt}"
                EXPLANATION: "{task.Reference}"

                First say in one or two sentences what the image shows. Then end with one line and nothing after it: "Score: 1" if it does, "Score: 0" if it does not.
                """),
    ];

    public bool IsUsable(JudgeReply reply) => NamedMarks.Official(reply.Text, "Score") is 0 or 1;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        var text = replies is [.., var last] ? last.Text : null;
        var official = NamedMarks.Official(text, "Score") is { } read and (0 or 1) ? read : (double?)null;
        var sound = NamedMarks.Sound(text, "Score", highest: 1) is { } mark and (0 or 1) ? mark : (double?)null;
        return new(official, sound, sound == 1, sound is null ? ReplyText.Fault(replies) : text!.Trim());
    }
}
