using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// ImagineBench's format: fantasy, identity and aesthetics from 0 to 10; the score is 0.8 min(fantasy, identity) + 0.2 aesthetics. Officially a mark that
/// cannot be read stays -1 and enters the score; soundly such a reply is a failure.
/// </summary>
internal sealed class ImagineFormat : IReplyFormat
{
    private const string Key = "marks";
    private const double Unread = -1;
    private const double Right = 8;
    private static readonly (string Name, string Key)[] Parts = [("Fantasy Fulfillment", "fantasy"), ("Identity Preservation", "identity"), ("Aesthetic Quality", "aesthetic")];

    public string Name => "imagine/1";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 2000, Tries = 1 };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
    [
        new(Key, $"""
            Mark this image of something imaginary, made by a text-to-image model, with three marks from 0 to 10 each. Be strict.
            Fantasy Fulfillment: is the imaginary change that PROMPT asks for there, completely and as NOTE describes it?
            Identity Preservation: is what is changed still clearly the thing it was, in all that was not to change?
            Aesthetic Quality: composition, detail, harmony.

            PROMPT: "{task.Prompt}"
            NOTE: "{task.Reference}"

            Answer with these three lines and nothing else:
            Fantasy Fulfillment: N
            Identity Preservation: N
            Aesthetic Quality: N
            """),
    ];

    public bool IsUsable(JudgeReply reply) => Parts.All(p => NamedMarks.Official(reply.Text, p.Name, digits: 2) is not null);

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        var text = replies is [.., var last] ? last.Text : null;
        double[] official = [.. Parts.Select(p => NamedMarks.Official(text, p.Name, digits: 2) ?? Unread)];
        double?[] sound = [.. Parts.Select(p => NamedMarks.Sound(text, p.Name, highest: 10))];
        double? score = sound is [{ } f, { } i, { } a] ? Score(f, i, a) : null;
        var passed = score is not null && Math.Min(sound[0]!.Value, sound[1]!.Value) >= Right;
        return new(Score(official[0], official[1], official[2]), score, passed, score is null ? ReplyText.Fault(replies) : text!.Trim())
        {
            Marks = Parts.Zip(sound).Where(p => p.Second is not null).ToDictionary(p => p.First.Key, p => p.Second!.Value, StringComparer.Ordinal),
        };
    }

    private static double Score(double fantasy, double identity, double aesthetic) => (0.8 * Math.Min(fantasy, identity)) + (0.2 * aesthetic);
}
