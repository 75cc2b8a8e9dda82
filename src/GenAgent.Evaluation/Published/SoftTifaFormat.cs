using System.Globalization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// GenEval2's Soft-TIFA: for each question the probability that the answer begins with the right word, summed over its spellings. A prompt's score is the
/// geometric mean over its questions (GM); the arithmetic mean (AM) stands among the marks. A server tells only of the likeliest 20 tokens: what is not
/// among them counts as 0. A question without log-probabilities fails the judgement.
/// </summary>
internal sealed class SoftTifaFormat : IReplyFormat
{
    private static readonly string[] Numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

    public string Name => "soft-tifa/1";

    public ReplySettings Settings { get; } = new() { MaxOutputTokens = 1, Tries = 1 };

    public IReadOnlyList<ReplyQuestion> Ask(BenchmarkTask task) =>
        [.. task.Questions.Select((q, i) => new ReplyQuestion(KeyOf(i), $"{q.Text} Answer in one word.") { ImageFirst = true, Spellings = Spellings(q.Answer) })];

    public bool IsUsable(JudgeReply reply) => reply.FirstTokens is not null;

    public ReplyReading Read(BenchmarkTask task, IReadOnlyList<JudgeReply> replies)
    {
        double?[] chances = [.. task.Questions.Select((q, i) => Chance(replies.LastOrDefault(r => string.Equals(r.Question, KeyOf(i), StringComparison.Ordinal)), q))];
        if (chances.Length == 0 || chances.Any(c => c is null))
        {
            var why = replies.FirstOrDefault(r => r.Error is not null)?.Error ?? "the judge's server gave no log-probabilities (logprobs, top_logprobs)";
            return new(null, null, Passed: false, why);
        }

        double[] known = [.. chances.Select(c => c!.Value)];
        var geometric = known.Contains(0) ? 0 : Math.Exp(known.Average(Math.Log));
        var doubts = task.Questions.Zip(known).Where(q => q.Second <= 0.5).Select(q => string.Create(CultureInfo.InvariantCulture, $"{q.First.Text} {q.First.Answer}: {q.Second:F2}"));
        return new(geometric, geometric, known.All(c => c > 0.5), string.Join("; ", doubts) is { Length: > 0 } words ? words : "every answer is likely right")
        {
            Marks = Atoms(task, known),
        };
    }

    /// <summary>The spellings whose first tokens count: with and without a leading blank and a capital, and for numbers the digits.</summary>
    internal static IReadOnlyList<string> Spellings(string answer)
    {
        var word = answer.Trim();
        List<string> forms = [word.ToLowerInvariant(), char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()];
        if (Array.IndexOf(Numbers, forms[0]) is >= 0 and var number)
            forms.Add(number.ToString(CultureInfo.InvariantCulture));
        return [.. forms.Concat(forms.Select(f => " " + f)).Distinct(StringComparer.Ordinal)];
    }

    private static string KeyOf(int index) => string.Create(CultureInfo.InvariantCulture, $"atom {index + 1}");

    private static double? Chance(JudgeReply? reply, ImageQuestion question)
    {
        var spellings = Spellings(question.Answer);
        return reply?.FirstTokens is { } tokens ? Math.Min(1, tokens.Where(t => spellings.Contains(t.Token, StringComparer.Ordinal)).Sum(t => Math.Exp(t.LogProb))) : null;
    }

    private static Dictionary<string, double> Atoms(BenchmarkTask task, double[] chances)
    {
        var marks = task.Questions.Zip(chances).Where(q => q.First.Skill is not null).GroupBy(q => q.First.Skill!, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Average(q => q.Second), StringComparer.Ordinal);
        marks["AM"] = chances.Average();
        return marks;
    }
}
