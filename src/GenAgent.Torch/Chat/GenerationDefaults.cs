using System.Collections.ObjectModel;
using System.Text.Json;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Chat;

/// <summary>Reads what a checkpoint's <c>generation_config.json</c> recommends.</summary>
public static class GenerationDefaults
{
    private const string FileName = "generation_config.json";

    /// <summary>The recommended sampling including stop ids; the general defaults if the folder has no such file.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The sampling.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or a value is out of its range.</exception>
    public static SamplingOptions Load(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return new SamplingOptions();
        }

        try
        {
            using var document = JsonDocument.Parse(ModelFile.ReadJson(file));
            var json = document.RootElement;
            var greedy = Value(json, "do_sample") is { ValueKind: JsonValueKind.False };
            var options = new SamplingOptions
            {
                Temperature = greedy ? 0 : Value(json, "temperature")?.GetDouble() ?? 1,
                TopP = Value(json, "top_p")?.GetDouble() ?? 1,
                TopK = Value(json, "top_k")?.GetInt32() ?? 0,
                MinP = Value(json, "min_p")?.GetDouble() ?? 0,
                RepetitionPenalty = Value(json, "repetition_penalty")?.GetDouble() ?? 1,
                MaxTokens = Value(json, "max_new_tokens")?.GetInt32(),
                LogitBias = Value(json, "sequence_bias") is { } biases
                    ? biases.EnumerateArray().Select(Bias).ToDictionary()
                    : ReadOnlyDictionary<int, double>.Empty,
                StopIds = Value(json, "eos_token_id") switch
                {
                    { ValueKind: JsonValueKind.Array } many => [.. many.EnumerateArray().Select(id => id.GetInt32())],
                    { } one => [one.GetInt32()],
                    _ => [],
                },
            };
            options.Validate(hasTokenizer: true);
            return options;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }
    }

    /// <summary>One entry of <c>sequence_bias</c>: <c>[[id], bias]</c>.</summary>
    private static KeyValuePair<int, double> Bias(JsonElement entry) => entry.GetArrayLength() != 2
        ? throw new FormatException($"sequence_bias: {entry.GetRawText()} is no pair of a sequence of ids and a bias, as in [[7], 0.5].")
        : entry[0].GetArrayLength() == 1 ? new(entry[0][0].GetInt32(), entry[1].GetDouble())
        : throw new FormatException($"sequence_bias: {entry[0].GetRawText()} is a sequence of ids; only a single id can have a bias here.");

    private static JsonElement? Value(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
