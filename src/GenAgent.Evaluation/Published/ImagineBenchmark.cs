using System.Globalization;
using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Scoring;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// ImagineBench: 270 prompts of things changed by imagination, in four groups of the data's types, scored from 0 to 10. The published script weighs the group
/// of several objects under a name that no prompt has, so that 60 prompts weigh nothing in the official score; soundly every prompt weighs the same. Data of
/// Echo-4o, Apache-2.0.
/// </summary>
public static class ImagineBenchmark
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "imagine";

    // The published weights; that of several objects, 2, is given to a name that the data do not have.
    private static readonly (string Name, string[] Types, double Weight)[] Groups =
    [
        ("Attribute shift", ["COLOR", "SHAPE", "SIZE"], 3), ("Hybridization", ["MATERIAL", "COMBINATION"], 2), ("Spatiotemporal", ["TIME", "ENVIRONMENT"], 2),
        ("Multi-Object", ["Multi-Object"], 0),
    ];

    /// <summary>The shipped prompts.</summary>
    /// <returns>The benchmark of 270 prompts.</returns>
    public static IBenchmark Load() => From(BenchmarkFile.Shipped("Imagine.jsonl"));

    internal static IBenchmark From(BenchmarkFile file)
    {
        var tasks = file.Lines((line, _) => Read(line));
        return new PublishedBenchmark
        {
            Name = Name,
            Title = "ImagineBench",
            Variant = file.Hash[..12],
            Tasks = tasks,
            Format = new ImagineFormat(),
            Scoring = new ScoringRule
            {
                Columns = [.. Groups.Select(g =>
                    new ScoreColumn(g.Name, g.Types, g.Weight, tasks.Count(t => g.Types.Contains(t.Category, StringComparer.Ordinal))))],
                Missing = MissingImages.AreLeftOut,
                Highest = 10,
                AlsoMarks = ["fantasy", "identity", "aesthetic"],
            },
            OfficialJudge = "openai:gpt-4.1-2025-04-14",
            SuccessRule = "An image counts as right in paired tests where fantasy and identity are both 8 or more.",
            Published = [new("GPT-4o", 8.56), new("Mind-Brush", 7.862), new("GenAgent + Qwen-Image", 7.803), new("GenAgent + FLUX.1-dev", 6.825),
                new("FLUX.1-dev", 6.072)],
        };
    }

    private static BenchmarkTask Read(JsonElement line) =>
        new(line.GetProperty("id").GetInt32().ToString("D3", CultureInfo.InvariantCulture), BenchmarkFile.TextOf(line, "type"),
            BenchmarkFile.TextOf(line, "instruction"))
        {
            Reference = line.GetProperty("note").GetString(),
            NeedsKnowledge = true,
        };
}
