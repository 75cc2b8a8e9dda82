using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Micro;

/// <summary>Folders of evaluations: <c>evaluation.json</c> (what is evaluated), <c>samples.jsonl</c> (one image a line) and the images by content.</summary>
internal static class MicroSampleStore
{
    private const string HeadName = "evaluation.json";

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same with a line a value, for people.</summary>
    public static JsonSerializerOptions IndentedJson { get; } = new(Json) { WriteIndented = true };

    private static RecordLayout Layout { get; } = new(HeadName, "samples.jsonl", "sample", Json);

    /// <summary>Reads a folder without changing it.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder holds no evaluation.</exception>
    public static (MicroManifest Manifest, IReadOnlyList<MicroSample> Samples) Load(string folder)
    {
        var head = Path.Combine(folder, HeadName);
        if (!File.Exists(head))
            throw new DirectoryNotFoundException($"{folder} holds no evaluation: there is no {head}.");
        var manifest = JsonSerializer.Deserialize<MicroManifest>(File.ReadAllText(head), Json) ?? throw new InvalidDataException($"{head} holds null.");
        return (manifest, RecordFolder<MicroSample>.Load(folder, Layout));
    }

    /// <summary>Opens or makes a folder for writing.</summary>
    /// <exception cref="ArgumentException">The folder holds an evaluation of something else.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last cannot be read.</exception>
    public static RecordFolder<MicroSample> Open(string folder, MicroManifest manifest) =>
        RecordFolder<MicroSample>.Open(folder, Layout, JsonSerializer.Serialize(manifest, IndentedJson));
}

/// <summary>What an evaluation's folder is about.</summary>
/// <param name="System">What is evaluated.</param>
/// <param name="Split">Which prompts.</param>
/// <param name="ImagesPerPrompt">Images a prompt.</param>
/// <param name="Seed">Root of the seeds.</param>
/// <param name="Tags">The tags, or null for all.</param>
/// <param name="PromptsPerTag">Prompts a tag, or null for all.</param>
/// <param name="Verifier">Who judges.</param>
internal sealed record MicroManifest(string System, string Split, int ImagesPerPrompt, ulong Seed, IReadOnlyList<string>? Tags, int? PromptsPerTag, string Verifier);
