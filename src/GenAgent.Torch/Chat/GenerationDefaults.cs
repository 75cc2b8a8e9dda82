using System.Text.Json;
using GenAgent.Torch.Generation;

namespace GenAgent.Torch.Chat;

/// <summary>Reads what a checkpoint's <c>generation_config.json</c> recommends.</summary>
internal static class GenerationDefaults
{
    private const string FileName = "generation_config.json";

    /// <summary>The recommended sampling, its stop ids among it; the plain defaults where the folder has no such file.</summary>
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
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
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

    private static JsonElement? Value(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
