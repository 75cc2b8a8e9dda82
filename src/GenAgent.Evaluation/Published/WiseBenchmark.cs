using System.Globalization;
using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Scoring;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// WISE (the first, "legacy") and WISE_Verified: 1,000 prompts each that take knowledge of the world. Categories are read from the data, never from ranges of
/// ids, which differ between the two. The data have no licence: they are the user's, pulled or named, and checked by hash.
/// </summary>
public static class WiseBenchmark
{
    /// <summary>The first one's name on the command line.</summary>
    public const string Legacy = "wise";

    /// <summary>The verified one's name on the command line.</summary>
    public const string Verified = "wise-verified";

    private static readonly (string Column, string Category, double Legacy, double Verified)[] Categories =
    [
        ("cultural", "Cultural knowledge", 0.4, 0.4), ("time", "time", 0.167, 0.12), ("space", "Space", 0.133, 0.12),
        ("biology", "Biology", 0.1, 0.12), ("physics", "Physical Knowledge", 0.1, 0.12), ("chemistry", "Chemistry", 0.1, 0.12),
    ];

    /// <summary>The first WISE.</summary>
    /// <param name="files">Its three files.</param>
    /// <param name="questionFile">The user's copy of the official question or script; null for a question in our own words.</param>
    /// <returns>The benchmark of 1,000 prompts.</returns>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static IBenchmark ReadLegacy(IReadOnlyList<string> files, string? questionFile = null) => Make(
        Legacy, "WISE", files, new WiseFormat(Question(questionFile)), c =>
            c.Legacy, "openai:gpt-4o-2024-05-13", MissingImages.Fail, ["consistency", "realism", "aesthetic"],
        "An image counts as right in paired tests where its consistency is 2.",
        [new("Generation Navigator", 0.90), new("GenEvolve", 0.82), new("GEMS", 0.81), new("GenAgent + Qwen-Image", 0.72), new("GenAgent + FLUX.1-dev", 0.69),
            new("FLUX.1-dev", 0.55)]);

    /// <summary>WISE_Verified.</summary>
    /// <param name="files">Its three files.</param>
    /// <param name="questionFile">The user's copy of the official question or script; null for a question in our own words.</param>
    /// <returns>The benchmark of 1,000 revised prompts.</returns>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static IBenchmark ReadVerified(IReadOnlyList<string> files, string? questionFile = null) => Make(
        Verified, "WISE_Verified", files, new WiseVerifiedFormat(Question(questionFile)), c =>
            c.Verified, "openai:Qwen/Qwen3.5-35B-A3B@http://localhost:8000/v1", MissingImages.AreLeftOut, [],
        "Right is what the judge scores 1.",
        [new("NanoBanana-Pro", 0.876)]);

    private static OfficialQuestion? Question(string? file) => file is null ? null : OfficialQuestion.Read(file);

    private static PublishedBenchmark Make(
        string name, string title, IReadOnlyList<string> files, IReplyFormat format, Func<(string Column, string Category, double Legacy, double Verified),
            double> weight,
        string judge, MissingImages missing, IReadOnlyList<string> marks, string success, IReadOnlyList<PublishedScore> published)
    {
        var read = files.Select(BenchmarkFile.Read).ToList();
        var tasks = read.SelectMany(f => f.Entries(Read)).ToList();
        if (tasks.GroupBy(t => t.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{string.Join(", ", files)}: prompt_id {twice.Key} stands there twice; are these files of one version?");
        return new PublishedBenchmark
        {
            Name = name,
            Title = title,
            Variant = string.Join('+', read.Select(f => f.Hash[..8])),
            Tasks = [.. tasks.GroupBy(t => t.Category, StringComparer.Ordinal).SelectMany(g => g)],
            Format = format,
            Scoring = new ScoringRule
            {
                Columns = [.. Categories.Select(c => new ScoreColumn(c.Column, c.Category, weight(c), weight(c)))],
                Missing = missing,
                NeedsEveryColumn = true,
                AlsoMarks = marks,
            },
            OfficialJudge = judge,
            SuccessRule = success,
            Published = published,
        };
    }

    private static BenchmarkTask Read(JsonElement entry)
    {
        var category = BenchmarkFile.TextOf(entry, "Category");
        return Categories.Any(c => string.Equals(c.Category, category, StringComparison.Ordinal))
            ? new(entry.GetProperty("prompt_id").GetInt32().ToString("D4", CultureInfo.InvariantCulture), category,
                BenchmarkFile.TextOf(entry, "Prompt"))
            {
                Reference = entry.GetProperty("Explanation").GetString(),
                NeedsKnowledge = true,
            }
            : throw new JsonException($"the category \"{category}\" is none of {string.Join(", ", Categories.Select(c => c.Category))}.");
    }
}
