using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>What a model is best painted with, where neither the request nor the engine's options say.</summary>
public sealed record FluxDefaults
{
    /// <summary>Denoising steps.</summary>
    [JsonPropertyName("steps")]
    public int? Steps { get; init; }

    /// <summary>Denoising steps of a draft; null for no drafts. See <see cref="GenAgent.Generators.GeneratorProfile"/>.</summary>
    [JsonPropertyName("draft_steps"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? DraftSteps { get; init; }

    /// <summary>Guidance scale: distilled where the model embeds it, else classifier-free.</summary>
    [JsonPropertyName("guidance_scale")]
    public double? GuidanceScale { get; init; }

    /// <summary>Side of an image in pixels.</summary>
    [JsonPropertyName("side")]
    public int? Side { get; init; }
}

/// <summary>
/// <c>model_index.json</c> of a diffusers folder. Beside the parts it may hold <c>_genagent</c>, the model's <see cref="FluxDefaults"/>; diffusers ignores
/// names that begin with an underscore.
/// </summary>
internal sealed record FluxModelIndex
{
    public const string FileName = "model_index.json";
    public const string DefaultsKey = "_genagent";

    [JsonPropertyName("_class_name")]
    public string ClassName { get; init; } = "";

    [JsonPropertyName(DefaultsKey)]
    public FluxDefaults? Defaults { get; init; }

    /// <summary>Whether the model was trained to look at a reference image.</summary>
    [JsonIgnore]
    public bool IsKontext => ClassName.StartsWith("FluxKontext", StringComparison.Ordinal);

    /// <summary>The folder's index; an empty one where it has none.</summary>
    /// <exception cref="InvalidDataException">The file is no index.</exception>
    public static FluxModelIndex Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return new FluxModelIndex();
        try
        {
            return JsonSerializer.Deserialize<FluxModelIndex>(ModelFile.ReadJson(path).Span) ?? new FluxModelIndex();
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: not a readable index of a model ({fault.Message})", fault);
        }
    }
}
