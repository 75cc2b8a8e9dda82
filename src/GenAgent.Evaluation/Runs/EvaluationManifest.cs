using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Evaluation.Runs;

/// <summary>What an evaluation's folder is about: everything that decides its results.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Variant">Which of its prompts.</param>
/// <param name="System">What is evaluated.</param>
/// <param name="ImagesPerPrompt">Images a prompt.</param>
/// <param name="Seed">Root of the seeds.</param>
/// <param name="Tags">The categories, or null for all.</param>
/// <param name="PromptsPerTag">Prompts a category, or null for all.</param>
/// <param name="Judge">Who judges.</param>
/// <param name="DecidedBy">Options of the system and digests of its models, by name; null in folders of the first layout, which did not record them.</param>
internal sealed record EvaluationManifest(
    string Benchmark, string Variant, string System, int ImagesPerPrompt, ulong Seed, IReadOnlyList<string>? Tags, int? PromptsPerTag, string Judge,
    IReadOnlyDictionary<string, string?>? DecidedBy)
{
    /// <summary>Reads a manifest of any layout.</summary>
    /// <exception cref="InvalidDataException">The file is no manifest.</exception>
    public static EvaluationManifest Read(string path)
    {
        try
        {
            var json = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();

            // The first layout knew the miniature benchmark only.
            Rename(json, "split", "variant");
            Rename(json, "verifier", "judge");
            json.TryAdd("benchmark", "micro");
            return json.Deserialize<EvaluationManifest>(EvaluationFolder.Json) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InvalidDataException($"{path}: no evaluation's manifest ({e.Message})", e);
        }
    }

    /// <summary>The manifest as it is written.</summary>
    public string Write() => JsonSerializer.Serialize(this, EvaluationFolder.IndentedJson);

    /// <summary>What differs from this manifest to the one asked for, as <c>seed was 1, now 2</c>.</summary>
    public IEnumerable<string> ChangesTo(EvaluationManifest asked)
    {
        var (mine, others) = (Values(), asked.Values());
        if (DecidedBy is null && asked.DecidedBy is not null)
            return ["it was begun by an earlier version, which did not record options and models"];
        return mine.Keys.Union(others.Keys, StringComparer.Ordinal)
            .Where(name => !string.Equals(mine.GetValueOrDefault(name), others.GetValueOrDefault(name), StringComparison.Ordinal))
            .Select(name => $"{name} was {mine.GetValueOrDefault(name) ?? "empty"}, now {others.GetValueOrDefault(name) ?? "empty"}");
    }

    private static void Rename(JsonObject json, string from, string to)
    {
        if (json.Remove(from, out var value))
            json[to] = value;
    }

    private SortedDictionary<string, string?> Values()
    {
        var values = new SortedDictionary<string, string?>(StringComparer.Ordinal)
        {
            ["benchmark"] = Benchmark,
            ["variant"] = Variant,
            ["system"] = System,
            ["images a prompt"] = ImagesPerPrompt.ToString(CultureInfo.InvariantCulture),
            ["seed"] = Seed.ToString(CultureInfo.InvariantCulture),
            ["categories"] = Tags is null ? null : string.Join(", ", Tags),
            ["prompts a category"] = PromptsPerTag?.ToString(CultureInfo.InvariantCulture),
            ["judge"] = Judge,
        };
        foreach (var (name, value) in DecidedBy ?? new Dictionary<string, string?>(StringComparer.Ordinal))
            values[name] = value;
        return values;
    }
}
