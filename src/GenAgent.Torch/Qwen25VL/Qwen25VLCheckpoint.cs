using GenAgent.Torch.Gguf;
using GenAgent.Torch.Native;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Qwen25VL;

/// <summary>Reads and writes Qwen2.5-VL folders in the layout of Hugging Face: <c>config.json</c> and safetensors, in one file or sharded.</summary>
public static class Qwen25VLCheckpoint
{
    private const string LanguagePrefix = "model.language_model.";
    private const string VisualPrefix = "model.visual.";
    private const string HeadName = "lm_head.weight";

    /// <summary>Loads a checkpoint, with the published tensor names or those of newer transformers.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="dtype">The parameters' type; by default fp32 on a CPU, and what the checkpoint says elsewhere.</param>
    /// <param name="device">Where to put the parameters; by default the CPU.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The configuration is wrong.</exception>
    /// <exception cref="WeightMismatchException">Tensors are missing, unexpected or of another shape; lists them all.</exception>
    public static Qwen25VLModel Load(string folder, ScalarType? dtype = null, Device? device = null)
    {
        var config = Qwen25VLConfig.Load(folder);
        using var source = Weights(folder);
        return Load(config, source, dtype, device);
    }

    /// <summary>The same to compute with, not to train: matrices that are packed in the files (GGUF, fp8) stay packed in memory.</summary>
    /// <inheritdoc cref="Load(string, ScalarType?, Device)"/>
    internal static Qwen25VLModel LoadPacked(string folder, ScalarType? dtype = null, Device? device = null)
    {
        var config = Qwen25VLConfig.Load(folder);
        using var source = Weights(folder);
        return Load(config, source, dtype, device, keepPacked: true);
    }

    /// <summary>Bytes that a folder's weights take in memory when loaded by <see cref="LoadPacked"/>.</summary>
    internal static long MemoryNeeded(string folder, ScalarType? dtype = null, Device? device = null)
    {
        using var source = Weights(folder);
        var width = (dtype ?? DefaultType(Qwen25VLConfig.Load(folder), device)) == ScalarType.Float32 ? 4 : 2;
        return source.Entries.Values.Sum(entry => source.PackedBytes(entry.Name) ?? (entry.ElementCount * width));
    }

    private static IWeightSource Weights(string folder) => QwenGguf.IsIn(folder) ? QwenGguf.Open(folder) : WeightSource.Open(folder);

    /// <summary>Loads the tensors of <paramref name="source"/> into a model of the given shape.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="source">The weights.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="WeightMismatchException">Tensors are missing, unexpected or of another shape; lists them all.</exception>
    public static Qwen25VLModel Load(Qwen25VLConfig config, IWeightSource source, ScalarType? dtype = null, Device? device = null) =>
        Load(config, source, dtype, device, keepPacked: false);

    private static Qwen25VLModel Load(Qwen25VLConfig config, IWeightSource source, ScalarType? dtype, Device? device, bool keepPacked)
    {
        ArgumentNullException.ThrowIfNull(config);
        TorchNative.EnsureLoaded();

        // Versions of transformers disagree on whose "tie_word_embeddings" counts: a checkpoint without a head is tied if either says so.
        if (config.MayTie && !source.Entries.ContainsKey(HeadName)) config = config with { TieWordEmbeddings = true };
        var options = new WeightLoadOptions
        {
            Rename = ToModelName,

            // Some checkpoints with tied weights also store the embedding table as the head.
            MayBeUnexpected = name => config.TieWordEmbeddings && string.Equals(name, HeadName, StringComparison.Ordinal),
        };

        var type = dtype ?? DefaultType(config, device);
        return ModelLoader.Load(where => new Qwen25VLModel(config, type, where), source, options, device, keepPacked);
    }

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c> under the published names, so that any reader of Qwen2.5-VL can load them.</summary>
    /// <param name="model">The model; adapters that are not merged are not written.</param>
    /// <param name="folder">Created if absent.</param>
    /// <param name="dtype">The type that the weights are rounded to on disk; by default the model's own.</param>
    public static void Save(Qwen25VLModel model, string folder, ScalarType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Directory.CreateDirectory(folder);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var type = dtype ?? model.DType;
        var tensors = model.state_dict()
            .ToDictionary(pair => ToPublishedName(pair.Key), pair => pair.Value.dtype == type ? pair.Value : pair.Value.to(type), StringComparer.Ordinal);
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"), tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        Qwen25VLConfigWriter.Write(model.Config with { DType = TypeName(type) }, Path.Combine(folder, Qwen25VLConfig.FileName));
    }

    /// <summary>The model's name for a tensor of either key layout.</summary>
    internal static string ToModelName(string name) =>
        name.StartsWith(LanguagePrefix, StringComparison.Ordinal) || name.StartsWith(VisualPrefix, StringComparison.Ordinal) ? name
        : name.StartsWith("visual.", StringComparison.Ordinal) ? "model." + name
        : name.StartsWith("model.", StringComparison.Ordinal) ? string.Concat(LanguagePrefix, name.AsSpan("model.".Length))
        : name;

    /// <summary>The name that published checkpoints have for a tensor of the model.</summary>
    internal static string ToPublishedName(string name) =>
        name.StartsWith(LanguagePrefix, StringComparison.Ordinal) ? string.Concat("model.", name.AsSpan(LanguagePrefix.Length))
        : name.StartsWith(VisualPrefix, StringComparison.Ordinal) ? name["model.".Length..]
        : name;

    private static ScalarType DefaultType(Qwen25VLConfig config, Device? device) =>
        device is null || device.type == DeviceType.CPU
            ? ScalarType.Float32
            : config.DType switch { "bfloat16" => ScalarType.BFloat16, "float16" => ScalarType.Float16, _ => ScalarType.Float32 };

    private static string TypeName(ScalarType dtype) =>
        dtype switch { ScalarType.BFloat16 => "bfloat16", ScalarType.Float16 => "float16", _ => "float32" };
}
