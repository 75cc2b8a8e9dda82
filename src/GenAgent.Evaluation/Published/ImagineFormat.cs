using System.Globalization;
using System.Text.RegularExpressions;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// ImagineBench's format: fantasy, identity and aesthetics from 0 to 10; the score is 0.8 min(fantasy, identity) + 0.2 aesthetics. Officially a mark that
/// its pattern does not find stays -1 and enters the score, a higher mark than 10 counts 10, and a judge that does not answer three times gives 0; soundly
/// such judgements are failures.
/// </summary>
internal sealed class ImagineFormat : IReplyFormat
{
    private const string Key = "marks";
    private const double Unread = -1;
    private const double Right = 8;
    private const double Highest = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly (string Name, string Key)[] Parts =
        [("Fantasy Fulfillment", "fantasy"), ("Identity Preservation", "identity"), ("Aesthetic Quality", "aesthetic")];

    public string Name => "imagine/2";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 1024, SendsJpeg = true };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
    [
        new(Key, $"""
            Mark this image of something imaginary, made by a text-to-image model, with three marks from 0 to 10 each. Be strict.
            Fantasy Fulfillment: is the imaginary change that PROMPT asks for there, completely and as NOTE describes it?
            Identity Preservation: is what is changed still clearly the thing it was, in realistic detail? What is drawn or stylized gets a lower mark.
            Aesthetic Quality: clarity, realism, composition.

            PROMPT: "{task.Prompt}"
            NOTE: "{task.Reference}"

            Answer with these three lines, each followed by one sentence that says why, and nothing else:
            Fantasy Fulfillment: N
            Identity Preservation: N
            Aesthetic Quality: N
            """)
        {
            System = "You mark images made by text-to-image models, strictly: only what is complete and without fault gets the highest mark.",
        },
    ];

    // The script asks again where there was no answer, not where it could not read one.
    public bool IsUsable(JudgeReply reply) => reply.Text is not null;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        var text = replies is [.., var last] ? last.Text : null;
        double[] official = [.. Parts.Select(p => text is null ? 0 : Official(text, p.Name))];
        double?[] sound = [.. Parts.Select(p => NamedMarks.Sound(text, p.Name, Highest))];
        double? score = sound is [{ } f, { } i, { } a] ? Score(f, i, a) : null;
        var passed = score is not null && Math.Min(sound[0]!.Value, sound[1]!.Value) >= Right;
        return new(Score(official[0], official[1], official[2]), score, passed, score is null ? ReplyText.Fault(replies) : text!.Trim())
        {
            Marks = Parts.Zip(sound).Where(p => p.Second is not null).ToDictionary(p => p.First.Key, p => p.Second!.Value, StringComparer.Ordinal),
        };
    }

    private static double Official(string text, string name)
    {
        var matches = Regex.Matches(text, $@"{Regex.Escape(name)}\s*[:：]?\s*(\d{{1,2}})", RegexOptions.None, Limit);
        return matches.Count == 0 ? Unread : Math.Min(Highest, double.Parse(matches[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static double Score(double fantasy, double identity, double aesthetic) => (0.8 * Math.Min(fantasy, identity)) + (0.2 * aesthetic);
}
