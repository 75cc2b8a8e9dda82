using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Running;

namespace GenAgent.Evaluation.Runs;

/// <summary>What an evaluation's folder is about, as its manifest says; options of the system and digests of its models stand beside it.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Variant">Which of its prompts.</param>
/// <param name="System">What is evaluated.</param>
/// <param name="ImagesPerPrompt">Images a prompt.</param>
/// <param name="Categories">The categories, or null for all.</param>
/// <param name="PromptsPerCategory">Prompts a category, or null for all.</param>
/// <param name="Judge">Who judges.</param>
internal sealed record EvaluationSubject(
    string Benchmark, string Variant, string System, int ImagesPerPrompt, IReadOnlyList<string>? Categories, int? PromptsPerCategory, string Judge)
{
    private const string Kind = "evaluation";

    // The first layout knew the miniature benchmark only, and recorded neither options nor models.
    private const string FirstBenchmark = "micro";

    /// <summary>Reads what earlier versions wrote in a file of this name.</summary>
    public static OldManifest Old(string fileName) => new(fileName, OfEarlierVersion) { IsStrict = true };

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="InvalidDataException">It is not about an evaluation.</exception>
    public static EvaluationSubject Of(RunManifest manifest)
    {
        var values = manifest.DecidedBy;
        try
        {
            var numbered = Enumerable.Range(0, values.Count).Select(i => values.GetValueOrDefault($"categories:{i}"));
            string[] categories = [.. numbered.TakeWhile(category => category is not null).OfType<string>()];
            return new(
                values.GetValueOrDefault("benchmark") ?? FirstBenchmark, Required("variant"), Required("system"), Number(Required("imagesPerPrompt")),
                categories.Length > 0 ? categories : null, values.GetValueOrDefault("promptsPerCategory") is { } most ? Number(most) : null, Required("judge"));
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new InvalidDataException($"The manifest is not about an evaluation: {e.Message}", e);
        }

        string Required(string name) => values.GetValueOrDefault(name)
            ?? throw new InvalidDataException($"The manifest is not about an evaluation: it lacks \"{name}\".");
        static int Number(string text) => int.Parse(text, global::System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The manifest of an evaluation.</summary>
    /// <param name="seed">Root of the seeds.</param>
    /// <param name="decidedBy">What else decides the results.</param>
    public RunManifest ToManifest(ulong seed, IReadOnlyDictionary<string, string?> decidedBy) =>
        new RunManifest(Kind, seed, RunManifest.Flatten(JsonSerializer.SerializeToNode(this, EvaluationFolder.Json))).With(decidedBy);

    private static RunManifest OfEarlierVersion(JsonObject json)
    {
        Rename("split", "variant");
        Rename("verifier", "judge");
        Rename("tags", "categories");
        Rename("promptsPerTag", "promptsPerCategory");
        var seed = (ulong)(json["seed"] ?? throw new JsonException("there is no seed"));
        json.Remove("seed");
        json.Remove("decidedBy", out var options);
        var decidedBy = options?.AsObject().Select(option => KeyValuePair.Create(option.Key, (string?)option.Value)) ?? [];
        return new RunManifest(Kind, seed, RunManifest.Flatten(json)).With(decidedBy);

        void Rename(string from, string to)
        {
            if (json.Remove(from, out var value))
                json[to] = value;
        }
    }
}
