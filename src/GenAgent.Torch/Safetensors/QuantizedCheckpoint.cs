using System.Text.Json;

namespace GenAgent.Torch.Safetensors;

/// <summary>Detects unsupported quantized checkpoints by the <c>quantization_config</c> in their <c>config.json</c>.</summary>
internal static class QuantizedCheckpoint
{
    private const string Section = "quantization_config";

    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["awq"] = "AWQ", ["gptq"] = "GPTQ", ["bitsandbytes"] = "bitsandbytes", ["compressed-tensors"] = "compressed-tensors", ["fp8"] = "fp8", ["hqq"] = "HQQ",
        ["aqlm"] = "AQLM", ["eetq"] = "EETQ",
        ["quanto"] = "quanto", ["torchao"] = "torchao",
    };

    /// <summary>Rejects a quantized checkpoint.</summary>
    /// <exception cref="InvalidDataException">It is quantized; the message says how, and what to use instead.</exception>
    public static void Refuse(JsonElement config)
    {
        if (!config.TryGetProperty(Section, out var section) || section.ValueKind != JsonValueKind.Object) return;
        var method = section.TryGetProperty("quant_method", out var named) && named.ValueKind == JsonValueKind.String
            ? named.GetString()!
            : "an unnamed method";
        throw new InvalidDataException(
            $"\"{Section}\" says that the checkpoint is quantized by {Names.GetValueOrDefault(method, method)}, which is not read here: take the unquantized "
                + "model or a GGUF of it, or serve this one by vLLM and name it openai:NAME@http://host/v1.");
    }

    /// <summary>Describes how weights with unknown names seem to be quantized; empty if they do not.</summary>
    public static string Describe(IEnumerable<string> unexpected)
    {
        foreach (var name in unexpected)
        {
            if (name.EndsWith(".qweight", StringComparison.Ordinal) || name.EndsWith(".qzeros", StringComparison.Ordinal))
            {
                return " The weights are packed as AWQ and GPTQ pack them, which is not read here: take the unquantized model or a GGUF of it.";
            }
            if (name.EndsWith(".quant_state.bitsandbytes__nf4", StringComparison.Ordinal) || name.EndsWith(".quant_map", StringComparison.Ordinal)
                || name.EndsWith(".absmax", StringComparison.Ordinal))
                return " The weights are packed as bitsandbytes packs them (NF4), which is not read here: take the unquantized model, fp8 or a GGUF of it.";
        }

        return string.Empty;
    }
}
