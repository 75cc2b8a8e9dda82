using System.Globalization;
using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Scoring;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Published;

/// <summary>
/// GenEval2 by Soft-TIFA: 800 prompts with questions whose answers' probabilities are read off the judge. The data are CC BY-NC: the user's, pulled or named.
/// </summary>
public static class GenEval2Benchmark
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "geneval2";

    /// <summary>Reads the official data file.</summary>
    /// <param name="path">The file <c>geneval2_data.jsonl</c>.</param>
    /// <returns>The benchmark.</returns>
    /// <exception cref="InvalidDataException">A line is not what it should be.</exception>
    public static IBenchmark Read(string path) => From(BenchmarkFile.Read(path));

    internal static IBenchmark From(BenchmarkFile file)
    {
        var tasks = file.Lines(Read);
        var atoms = tasks.GroupBy(t => t.Category, StringComparer.Ordinal).OrderBy(g => g.First().Difficulty).ToList();
        return new PublishedBenchmark
        {
            Name = Name,
            Title = "GenEval2 (Soft-TIFA)",
            Variant = file.Hash[..12],
            Tasks = [.. atoms.SelectMany(g => g)],
            Format = new SoftTifaFormat(),
            Scoring = new ScoringRule
            {
                Columns = [.. atoms.Select(g => new ScoreColumn(g.Key, g.Key, g.Count(), g.Count()))],
                Missing = MissingImages.Fail,
                AlsoMarks = ["AM", .. tasks.SelectMany(t => t.Questions).Select(q => q.Skill).OfType<string>().Distinct(StringComparer.Ordinal)],
            },
            OfficialJudge = "openai:Qwen/Qwen3-VL-8B-Instruct@http://localhost:8000/v1",
            DifficultyUnit = "atom",
            SuccessRule = "The score is Soft-TIFA GM; an image counts as right in paired tests where every answer is likelier right than wrong.",
            Published = [new("GEMS on Z-Image-Turbo (2.8 images a prompt)", 0.635)],
        };
    }

    private static string Text(JsonElement question, int place) =>
        question.ValueKind == JsonValueKind.Array && place < question.GetArrayLength() && question[place].ValueKind == JsonValueKind.String
            ? question[place].GetString()!
            : throw new JsonException("an entry of \"vqa_list\" is no pair of a question and its answer, both texts.");

    private static BenchmarkTask Read(JsonElement line, int number)
    {
        var atoms = line.GetProperty("atom_count").GetInt32();
        var skills = line.TryGetProperty("skills", out var list) ? list.EnumerateArray().Select(s => s.GetString()).ToList() : [];
        var category = $"{atoms} atom{(atoms == 1 ? string.Empty : "s")}";
        return new(number.ToString("D3", CultureInfo.InvariantCulture), category, BenchmarkFile.TextOf(line, "prompt"))
        {
            Questions = [.. line.GetProperty("vqa_list").EnumerateArray()
                .Select((q, i) => new ImageQuestion(Text(q, 0), Text(q, 1), skills.ElementAtOrDefault(i)))],
            Difficulty = atoms,
        };
    }
}
