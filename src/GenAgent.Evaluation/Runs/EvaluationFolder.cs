using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Runs;

/// <summary>Folders of evaluations: <c>evaluation.json</c> (what is evaluated), <c>samples.jsonl</c> (one image a line) and the images by content.</summary>
internal static class EvaluationFolder
{
    public const string SamplesName = "samples.jsonl";
    private const string HeadName = "evaluation.json";

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same with a line a value, for people.</summary>
    public static JsonSerializerOptions IndentedJson { get; } = new(Json) { WriteIndented = true };

    private static RecordLayout<Sample> Layout { get; } = new(HeadName, SamplesName, "sample", Json, KeptPlace.Of);

    /// <summary>Reads a folder without changing it.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder holds no evaluation.</exception>
    public static (EvaluationManifest Manifest, IReadOnlyList<Sample> Samples) Load(string folder)
    {
        var head = Path.Combine(folder, HeadName);
        if (!File.Exists(head))
            throw new DirectoryNotFoundException($"{folder} holds no evaluation: there is no {head}.");
        return (EvaluationManifest.Read(head), RecordFolder.Load<Sample>(folder, Layout));
    }

    /// <summary>Opens or makes a folder for writing.</summary>
    /// <exception cref="ArgumentException">The folder holds an evaluation with other settings; says which.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last cannot be read.</exception>
    public static RecordFolder<Sample> Open(string folder, EvaluationManifest manifest)
    {
        var head = Path.Combine(folder, HeadName);
        if (!File.Exists(head))
            return RecordFolder.Open<Sample>(folder, Layout, manifest.Write());
        var changes = EvaluationManifest.Read(head).ChangesTo(manifest).ToList();
        return changes.Count == 0
            ? RecordFolder.Open<Sample>(folder, Layout, File.ReadAllText(head))
            : throw new ArgumentException(
                $"{folder} holds an evaluation with other settings: {string.Join("; ", changes)}. Resume with the same settings, or choose another folder.", nameof(manifest));
    }
}
