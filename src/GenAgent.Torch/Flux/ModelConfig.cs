using System.Text.Json;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Flux;

/// <summary>Reads and writes the JSON configs of a checkpoint folder.</summary>
internal static class ModelConfig
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Reads a config; unknown keys are ignored.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not JSON of this kind, or has invalid values; the message names the file and each problem.</exception>
    public static TConfig Read<TConfig>(string path)
        where TConfig : class, IModelConfig
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path} is missing; a checkpoint folder needs it to build the model.", path);
        TConfig config;
        try
        {
            config = JsonSerializer.Deserialize<TConfig>(ModelFile.ReadJson(path).Span, Json)
                ?? throw new InvalidDataException($"{path} holds null, not a config.");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: not a readable config ({fault.Message})", fault);
        }

        ThrowIfFaulty(config, path);
        return config;
    }

    /// <summary>Writes a config as the reference libraries read it; the folder is made.</summary>
    public static void Write<TConfig>(string path, TConfig config)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(config, Json) + "\n");
    }

    /// <summary>Throws when the config cannot be built.</summary>
    /// <exception cref="InvalidDataException">Names <paramref name="where"/> and each fault.</exception>
    public static void ThrowIfFaulty(IModelConfig config, string where)
    {
        ArgumentNullException.ThrowIfNull(config);
        string[] faults = [.. config.Faults()];
        if (faults.Length > 0) throw new InvalidDataException($"{where}: {string.Join(' ', faults)}");
    }
}
