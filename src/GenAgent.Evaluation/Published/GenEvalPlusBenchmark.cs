using System.Globalization;
using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Scoring;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// GenEval++: 280 prompts, 40 of each of seven categories; the score is the mean over categories of the share right. Data of Echo-4o, Apache-2.0.
/// </summary>
public static class GenEvalPlusBenchmark
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "geneval++";

    private static readonly ScoreColumn[] Columns =
    [
        new("color", "color_attr"), new("count", "counting"), new("color/count", "color_count_attr"), new("color/pos", "color_spatial_attr"),
        new("pos/count", "spatial_count_attr"), new("pos/size", "size_spatial_attr"), new("multi-count", "multi_object_count_attr"),
    ];

    /// <summary>The shipped prompts.</summary>
    /// <returns>The benchmark of 280 prompts.</returns>
    public static IBenchmark Load() => From(BenchmarkFile.Shipped("Geneval++.jsonl"));

    internal static IBenchmark From(BenchmarkFile file) => new PublishedBenchmark
    {
        Name = Name,
        Title = "GenEval++",
        Variant = file.Hash[..12],
        Tasks = [.. file.Lines(Read).OrderBy(t => Array.FindIndex(Columns, c => c.Categories.Contains(t.Category, StringComparer.Ordinal)))],
        Format = new GenEvalPlusFormat(),
        Scoring = new ScoringRule { Columns = Columns, Missing = MissingImages.CountZero },
        OfficialJudge = "openai:gpt-4.1-2025-04-14",
        Summaries = [new("mean of categories", [.. Columns.SelectMany(c => c.Categories)])],
        DifficultyUnit = "object",
        SuccessRule = "Right is what the judge calls correct in everything.",
        Published =
        [
            new("Mind-Brush (GPT-5.1 + Qwen-Image, no training)", 0.782), new("GPT-4o", 0.739), new("GenAgent + Qwen-Image", 0.725), new("R3 on BAGEL", 0.689),
            new("Qwen-Image", 0.668), new("GenAgent + FLUX.1-dev", 0.561), new("FLUX.1-dev", 0.325, [0.400, 0.600, 0.250, 0.250, 0.075, 0.400, 0.300]),
        ],
    };

    private static BenchmarkTask Read(JsonElement line, int number)
    {
        var constraints = line.Deserialize<PromptConstraints>() ?? throw new JsonException("null");
        return new(number.ToString("D3", CultureInfo.InvariantCulture), BenchmarkFile.TextOf(line, "tag"), BenchmarkFile.TextOf(line, "prompt"))
        {
            Constraints = constraints,
            Difficulty = constraints.Include.Sum(c => c.Count),
        };
    }
}
