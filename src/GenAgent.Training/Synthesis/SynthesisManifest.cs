using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GenAgent.Running;

namespace GenAgent.Training.Synthesis;

/// <summary>What decides the data of a folder. The number of trajectories may grow.</summary>
internal static class SynthesisManifest
{
    private const string Kind = "synthesis";

    /// <summary>Reads <c>synthesis.json</c> of the first version, which recorded no models.</summary>
    public static OldManifest Old { get; } = new("synthesis.json", json => Of(json["options"]!.Deserialize<SynthesisOptions>(Json)!, json));

    /// <summary>How reports beside the data are written.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static RunManifest Of(string teacher, string generator, string judge, string prompts, SynthesisOptions options) =>
        Of(options, new JsonObject { ["teacher"] = teacher, ["generator"] = generator, ["judge"] = judge, ["prompts"] = prompts });

    private static RunManifest Of(SynthesisOptions options, JsonObject who)
    {
        var how = JsonSerializer.SerializeToNode(options, Json)!.AsObject();
        how.Remove("seed");
        how.Remove("count");
        foreach (var optional in (string[])["steps", "instructions"]) how.TryAdd(optional, null);
        return new RunManifest(Kind, options.Seed, RunManifest.Flatten(new JsonObject
        {
            ["teacher"] = who["teacher"]?.DeepClone(),
            ["generator"] = who["generator"]?.DeepClone(),
            ["judge"] = who["judge"]?.DeepClone(),
            ["prompts"] = who["prompts"]?.DeepClone(),
            ["options"] = how,
        }));
    }
}
