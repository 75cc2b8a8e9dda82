using System.Globalization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// GenEval2's Soft-TIFA: for each question the probability that the answer begins with the right word, summed over its spellings. A prompt's score is the
/// geometric mean over its questions (GM); the arithmetic mean (AM) stands among the marks. A server tells only of the likeliest 20 tokens: what is not
/// among them counts as 0. A question without log-probabilities fails the judgement. As in the published script, "10" counts by its first digit, and every
/// question but "How many" is answered with yes.
/// </summary>
internal sealed class SoftTifaFormat : IReplyFormat
{
    private const string Counting = "How many";

    // What the published script writes for a number that it does not know.
    private const string Other = "other";
    private static readonly string[] Numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    public string Name => "soft-tifa/2";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 1, Tries = 1 };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
        [.. task.Questions.Select((q, i) => new ReplyQuestion(KeyOf(i), $"{q.Text} Answer in one word.") { ImageFirst = true, Spellings = Spellings(q) })];

    public bool IsUsable(JudgeReply reply) => reply.FirstTokens is not null;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        double?[] chances =
            [.. task.Questions.Select((q, i) => Chance(replies.LastOrDefault(r => string.Equals(r.Question, KeyOf(i), StringComparison.Ordinal)), q))];
        if (chances.Length == 0 || chances.Any(c => c is null))
        {
            var why = replies.FirstOrDefault(r => r.Error is not null)?.Error ?? "the judge's server gave no log-probabilities (logprobs, top_logprobs)";
            return new(null, null, Passed: false, why);
        }

        double[] known = [.. chances.Select(c => c!.Value)];
        var geometric = known.Contains(0) ? 0 : Math.Exp(known.Average(Math.Log));
        var doubts = task.Questions.Zip(known).Where(q => q.Second <= 0.5)
            .Select(q => string.Create(CultureInfo.InvariantCulture, $"{q.First.Text} {q.First.Answer}: {q.Second:F2}"));
        return new(geometric, geometric, known.All(c => c > 0.5), string.Join("; ", doubts) is { Length: > 0 } words ? words : "every answer is likely right")
        {
            Marks = Atoms(task, known),
        };
    }

    /// <summary>The spellings whose first tokens count: with and without a leading blank and a capital, and for numbers the first digit.</summary>
    internal static IReadOnlyList<string> Spellings(ImageQuestion question)
    {
        List<string> forms = ["yes", "Yes"];
        if (question.Text.StartsWith(Counting, StringComparison.Ordinal))
        {
            var word = question.Answer.Trim().ToLowerInvariant();
            forms = [word, char.ToUpperInvariant(word[0]) + word[1..]];
            forms.Add(Array.IndexOf(Numbers, word) is >= 0 and var at ? (at + 1).ToString(CultureInfo.InvariantCulture)[..1] : Other);
        }

        return [.. forms.Concat(forms.Select(f => " " + f)).Distinct(StringComparer.Ordinal)];
    }

    private static string KeyOf(int index) => string.Create(CultureInfo.InvariantCulture, $"atom {index + 1}");

    private static double? Chance(JudgeReply? reply, ImageQuestion question)
    {
        var spellings = Spellings(question);
        return reply?.FirstTokens is { } tokens
            ? Math.Min(1, tokens.Where(t => spellings.Contains(t.Token, StringComparer.Ordinal)).Sum(t => Math.Exp(t.LogProb))) : null;
    }

    private static Dictionary<string, double> Atoms(BenchmarkTask task, double[] chances)
    {
        var marks = task.Questions.Zip(chances).Where(q => q.First.Skill is not null).GroupBy(q => q.First.Skill!, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Average(q => q.Second), StringComparer.Ordinal);
        marks["AM"] = chances.Average();
        return marks;
    }
}
