using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Running;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Runs;

/// <summary>Folders of evaluations: <c>run.json</c> (what decides the results), <c>samples.jsonl</c> (one image a line) and the images by content.</summary>
internal static class EvaluationFolder
{
    private const string SamplesName = "samples.jsonl";

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same with a line a value, for people.</summary>
    public static JsonSerializerOptions IndentedJson { get; } = new(Json) { WriteIndented = true };

    /// <summary>How it is laid out.</summary>
    public static RecordLayout<Sample> Layout { get; } =
        new(SamplesName, "sample", Json, sample => SampleTask.KeyOf(sample.Prompt, sample.Index), KeptPlace.Of)
        {
            Old = EvaluationSubject.Old("evaluation.json"),
        };

    /// <summary>Reads a folder without changing it.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder holds no evaluation.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no sample.</exception>
    public static (RunManifest Manifest, EvaluationSubject Subject, IReadOnlyList<Sample> Samples) Load(string folder)
    {
        var manifest = RunManifest.Load(folder, Layout.Old)
            ?? throw new DirectoryNotFoundException($"{folder} holds no evaluation: there is no {Path.Combine(folder, RunManifest.FileName)}.");
        return (manifest, EvaluationSubject.Of(manifest), Layout.Load(folder));
    }

    /// <summary>Replaces every sample, and returns the new ones.</summary>
    /// <exception cref="IOException">Another process writes to the folder.</exception>
    public static IReadOnlyList<Sample> Rewrite(string folder, Func<Sample, Sample> replace)
    {
        using var writer = FolderLock.Take(folder);
        Sample[] samples = [.. Layout.Load(folder).Select(replace)];
        var lines = string.Concat(samples.Select(sample => JsonSerializer.Serialize(sample, Json) + "\n"));
        AtomicFile.Write(Path.Combine(folder, SamplesName), Encoding.UTF8.GetBytes(lines));
        return samples;
    }
}
