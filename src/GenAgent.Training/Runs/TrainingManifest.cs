using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Running;

namespace GenAgent.Training.Runs;

/// <summary>
/// What decides the weights of a training, as its checkpoints keep it: the same for every trainer. Length, rates and how often to save may change.
/// </summary>
internal static class TrainingManifest
{
    private const string Seed = "Seed";

    /// <summary>The manifest of a run.</summary>
    /// <param name="kind">What kind of training it is.</param>
    /// <param name="options">What every training has. Batch, micro-batch and workers decide the order of sums.</param>
    /// <param name="own">What the trainer adds; serialized by its members.</param>
    public static RunManifest Of(string kind, TrainingOptions options, object own) =>
        new RunManifest($"training of {kind}", options.Seed, RunManifest.Flatten(JsonSerializer.SerializeToNode(own))).With(
    [
        Value(nameof(options.BatchSize), options.BatchSize),
        Value(nameof(options.MicroBatchSize), options.MicroBatchSize),
        Value(nameof(options.Workers), options.Workers),
    ]);

    /// <summary>What differs from a checkpoint's manifest to a run's; empty where the run can be resumed.</summary>
    /// <param name="kept">The checkpoint's; one of an earlier version is compared by what it recorded.</param>
    /// <param name="asked">The run's.</param>
    public static IReadOnlyList<string> ChangesTo(string? kept, RunManifest asked)
    {
        try
        {
            return [.. Read(kept ?? throw new JsonException("null"), asked.Kind).ChangesTo(asked)];
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException or FormatException)
        {
            return [$"what it was made with cannot be read ({e.Message})"];
        }
    }

    // Earlier versions wrote an object without a schema, whose names are those of today.
    private static RunManifest Read(string kept, string kind)
    {
        var json = JsonNode.Parse(kept)?.AsObject() ?? throw new JsonException("null");
        if (json.ContainsKey("schema")) return RunManifest.FromText(kept);
        var seed = (ulong)(json[Seed] ?? throw new JsonException("there is no seed"));
        json.Remove(Seed);
        return new RunManifest(kind, seed, RunManifest.Flatten(json)) { IsOld = true };
    }

    private static KeyValuePair<string, string?> Value(string name, int value) =>
        KeyValuePair.Create<string, string?>(name, value.ToString(CultureInfo.InvariantCulture));
}
