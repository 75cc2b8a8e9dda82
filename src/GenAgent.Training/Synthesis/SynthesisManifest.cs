using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Storage;

namespace GenAgent.Training.Synthesis;

/// <summary>What a folder's data is made from: it is only gone on with when all of it is the same. The count may grow.</summary>
/// <param name="Teacher">The teacher.</param>
/// <param name="Generator">The generator.</param>
/// <param name="Judge">The judge.</param>
/// <param name="Prompts">Where the prompts come from.</param>
/// <param name="Options">How it is made.</param>
public sealed record SynthesisManifest(string Teacher, string Generator, string Judge, string Prompts, SynthesisOptions Options)
{
    /// <summary>The manifest's file in its folder.</summary>
    public const string FileName = "synthesis.json";

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the manifest into a new folder, or compares it with the one that is there.</summary>
    /// <exception cref="ArgumentException">The folder holds data that was made from something else.</exception>
    public void TakeUp(string folder)
    {
        Directory.CreateDirectory(folder);
        FolderOrigin.Take(Path.Combine(folder, FileName), JsonSerializer.Serialize(this with { Options = Options with { Count = 1 } }, Json), "trajectories");
    }
}
