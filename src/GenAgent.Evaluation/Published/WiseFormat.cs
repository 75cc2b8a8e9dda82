using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// WISE's first format: consistency, realism and aesthetic quality from 0 to 2; WiScore = (0.7 c + 0.2 r + 0.1 a) / 2. Officially a mark that the script's
/// pattern does not find counts 0, and an image that the judge did not answer about is left out; soundly both are failures. The question is in our own words
/// unless the user's copy of the official script is given.
/// </summary>
/// <param name="question">The official question with <c>{prompt}</c> and <c>{explanation}</c>; null for our own.</param>
internal sealed class WiseFormat(OfficialQuestion? question = null) : IReplyFormat
{
    private const string Key = "marks";
    private static readonly (string Name, string Key, double Weight)[] Parts =
        [("Consistency", "consistency", 0.7), ("Realism", "realism", 0.2), ("Aesthetic Quality", "aesthetic", 0.1)];

    public string Name => question is null ? "wise/1" : $"wise/{question.Digest}";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 2000, Tries = 1 };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
    [
        question is not null
            ? new(Key, question.Fill(task.Prompt, task.Reference ?? string.Empty)) { System = question.System }
            : new(Key, $"""
                Mark this image, made by a text-to-image model, with three marks of 0, 1 or 2 each. Be strict: 2 is rare.
                Consistency: does it show what PROMPT means, as EXPLANATION says? 0 no, 1 in part, 2 completely and without any deviation.
                Realism: could it be a photograph? 0 clearly artificial or impossible, 1 small faults, 2 none.
                Aesthetic Quality: 0 poor, 1 acceptable, 2 outstanding.

                PROMPT: "{task.Prompt}"
                EXPLANATION: "{task.Reference}"

                Answer with these three lines and nothing else:
                Consistency: N
                Realism: N
                Aesthetic Quality: N
                """),
    ];

    public bool IsUsable(JudgeReply reply) => reply.Text is not null;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        var text = replies is [.., var last] ? last.Text : null;
        var sound = Score(Parts.Select(p => NamedMarks.Sound(text, p.Name, highest: 2)));
        var official = text is null ? null : Score(Parts.Select(p => (double?)(NamedMarks.Official(text, p.Name) ?? 0)));
        var marks = Parts.Select(p => (p.Key, Mark: NamedMarks.Sound(text, p.Name, highest: 2))).Where(p => p.Mark is not null);
        return new(official, sound, NamedMarks.Sound(text, Parts[0].Name, highest: 2) == 2
            && sound is not null, sound is null ? ReplyText.Fault(replies) : text!.Trim())
        {
            Marks = marks.ToDictionary(p => p.Key, p => p.Mark!.Value, StringComparer.Ordinal),
        };
    }

    private static double? Score(IEnumerable<double?> marks) => marks.Zip(Parts).Aggregate((double?)0, (sum, m) => sum + (m.First * m.Second.Weight)) / 2;
}
