using System.Text.Json;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Flux.TextEncoders;

/// <summary>The longest prompt that a tokenizer's folder names.</summary>
internal static class PromptLength
{
    /// <summary><c>model_max_length</c> of <c>tokenizer_config.json</c>; null where there is none, or one that means no limit.</summary>
    /// <exception cref="InvalidDataException">The file is no JSON.</exception>
    public static int? Of(string tokenizer)
    {
        var file = Path.Combine(Directory.Exists(tokenizer) ? tokenizer : Path.GetDirectoryName(tokenizer) ?? "", "tokenizer_config.json");
        if (!File.Exists(file)) return null;
        try
        {
            using var json = JsonDocument.Parse(ModelFile.ReadJson(file));
            return json.RootElement.TryGetProperty("model_max_length", out var length) && length.ValueKind == JsonValueKind.Number
                && length.TryGetInt32(out var tokens) && tokens > 0
                ? tokens
                : null;
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{file}: not readable as JSON ({fault.Message}).", fault);
        }
    }
}
