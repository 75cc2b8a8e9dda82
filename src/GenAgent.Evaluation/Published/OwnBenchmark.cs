using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Scoring;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>A user's own prompts: a line each with what a judge needs to know (docs/schemas/benchmark.schema.json).</summary>
public static class OwnBenchmark
{
    private const string Uncategorized = "all";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Reads a file.</summary>
    /// <param name="path">A JSON Lines file, one prompt a line.</param>
    /// <returns>The benchmark.</returns>
    /// <exception cref="InvalidDataException">A line is not what it should be; the message names it.</exception>
    public static IBenchmark Read(string path)
    {
        var file = BenchmarkFile.Read(path);
        var tasks = file.Lines((line, number) => (line.Deserialize<Line>(Json) ?? throw new JsonException("null")).Task(number));
        if (tasks.GroupBy(t => t.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{path}: the id \"{twice.Key}\" stands there twice.");
        var categories = tasks.GroupBy(t => t.Category, StringComparer.Ordinal).ToList();
        return new PublishedBenchmark
        {
            Name = "own",
            Title = Path.GetFileNameWithoutExtension(path),
            Variant = $"{Path.GetFileName(path)} {file.Hash[..12]}",
            Tasks = [.. categories.SelectMany(g => g)],
            Format = new ChecklistFormat(),
            Scoring = new ScoringRule { Columns = [.. categories.Select(g => new ScoreColumn(g.Key, g.Key, g.Count(), g.Count()))],
                Missing = MissingImages.CountZero },
            Summaries = [new("all prompts", [.. categories.Select(g => g.Key)]) { WeighsPrompts = true }],
            SuccessRule = "Right is where every question is answered with yes; the score is the share of yes.",
        };
    }

    private sealed record Line(string Prompt)
    {
        public string? Id { get; init; }

        public string? Category { get; init; }

        public PromptConstraints? Constraints { get; init; }

        public IReadOnlyList<string> Questions { get; init; } = [];

        public string? Reference { get; init; }

        public BenchmarkTask Task(int number) => new(Id ?? number.ToString("D4", CultureInfo.InvariantCulture), Category ?? Uncategorized, Prompt)
        {
            Constraints = Constraints,
            Questions = [.. Questions.Select(q => new ImageQuestion(q))],
            Reference = Reference,
            Difficulty = Constraints?.Include.Sum(c => c.Count),
        };
    }
}
