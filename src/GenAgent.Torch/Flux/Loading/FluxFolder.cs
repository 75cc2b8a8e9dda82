using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Native;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>
/// Parts of FLUX.1 in the folder layout of diffusers, as <c>black-forest-labs/FLUX.1-dev</c> is published:
/// <c>transformer/</c>, <c>vae/</c>, <c>text_encoder/</c> (CLIP), <c>text_encoder_2/</c> (T5), <c>scheduler/</c>.
/// </summary>
/// <remarks>
/// Without a dtype, a part keeps its type on disk; on a CPU it becomes fp32, unless it is bf16 and the processor multiplies bf16 natively (AVX512_BF16, AMX).
/// Loading throws <see cref="FileNotFoundException"/> for a missing file, <see cref="InvalidDataException"/> for a config that cannot be built,
/// <see cref="SafetensorsException"/> for a broken weight file and <see cref="WeightMismatchException"/> for weights that do not fit the config.
/// </remarks>
public static class FluxFolder
{
    internal const string TransformerPart = "transformer";
    internal const string VaePart = "vae";
    internal const string ClipPart = "text_encoder";
    internal const string T5Part = "text_encoder_2";
    internal const string SchedulerPart = "scheduler";
    internal const string ConfigFile = "config.json";
    internal const string SchedulerFile = "scheduler_config.json";

    /// <summary>Loads <c>transformer/</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <returns>The transformer; the caller disposes it.</returns>
    public static FluxTransformer LoadTransformer(string folder, Device? device = null, ScalarType? dtype = null) =>
        Load<FluxTransformerConfig, FluxTransformer>(
            Part(folder, TransformerPart), device, dtype, (config, where, type) => new FluxTransformer(config, where, type));

    /// <summary>Loads <c>vae/</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <returns>The autoencoder; the caller disposes it.</returns>
    public static AutoencoderKL LoadAutoencoder(string folder, Device? device = null, ScalarType? dtype = null) =>
        Load<AutoencoderConfig, AutoencoderKL>(Part(folder, VaePart), device, dtype, (config, where, type) => new AutoencoderKL(config, where, type));

    /// <summary>Loads <c>text_encoder/</c>; files with and without the prefix <c>text_model.</c> are both read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <returns>The encoder; the caller disposes it.</returns>
    public static ClipTextEncoder LoadClip(string folder, Device? device = null, ScalarType? dtype = null) =>
        Load<ClipTextConfig, ClipTextEncoder>(
            Part(folder, ClipPart), device, dtype, (config, where, type) => new ClipTextEncoder(config, where, type), TextEncoderNames.Clip);

    /// <summary>Loads <c>text_encoder_2/</c>; the token table is read under either of its published names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <returns>The encoder; the caller disposes it.</returns>
    public static T5Encoder LoadT5(string folder, Device? device = null, ScalarType? dtype = null) =>
        Load<T5Config, T5Encoder>(Part(folder, T5Part), device, dtype, (config, where, type) => new T5Encoder(config, where, type), TextEncoderNames.T5);

    /// <summary>Reads <c>scheduler/scheduler_config.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The schedule's config.</returns>
    public static FlowMatchSchedulerConfig LoadScheduler(string folder) =>
        ModelConfig.Read<FlowMatchSchedulerConfig>(Path.Combine(Part(folder, SchedulerPart), SchedulerFile));

    /// <summary>Loads a part from its own folder.</summary>
    internal static TModel Load<TConfig, TModel>(
        string part, Device? device, ScalarType? dtype, Func<TConfig, Device?, ScalarType, TModel> build,
        Func<IWeightSource, WeightLoadOptions>? options = null, bool keepPacked = false)
        where TConfig : class, IModelConfig
        where TModel : nn.Module
    {
        var config = ModelConfig.Read<TConfig>(Path.Combine(part, ConfigFile));
        using var weights = WeightSource.Open(part);
        var type = dtype ?? DefaultDtype(weights, device);
        return ModelLoader.Load(where => build(config, where, type), weights, options?.Invoke(weights), device, keepPacked);
    }

    /// <summary>
    /// The default dtype of a part: that of most of its numbers if the device multiplies it faster than fp32, else fp32; packed numbers are computed in bf16.
    /// </summary>
    internal static ScalarType DefaultDtype(IWeightSource weights, Device? device) =>
        DefaultDtype(weights, device?.type ?? TorchSharp.DeviceType.CPU, ProcessorFeatures.HasBFloat16);

    /// <summary>The same, for a processor that does or does not multiply bfloat16 itself.</summary>
    internal static ScalarType DefaultDtype(IWeightSource weights, TorchSharp.DeviceType device, bool processorHasBFloat16)
    {
        var isProcessor = device == TorchSharp.DeviceType.CPU;
        return TypeOfMost(weights) switch
        {
            SafetensorsType.BF16 when !isProcessor || processorHasBFloat16 => ScalarType.BFloat16,
            SafetensorsType.F16 when !isProcessor => ScalarType.Float16,
            _ => ScalarType.Float32,
        };
    }

    private static SafetensorsType TypeOfMost(IWeightSource weights)
    {
        if (weights.HasPacked) return SafetensorsType.BF16;
        var most = weights.Entries.Values.GroupBy(entry => entry.Type).MaxBy(group => group.Sum(entry => entry.ElementCount));
        return most?.Key ?? SafetensorsType.F32;
    }

    private static string Part(string folder, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var part = Path.Combine(folder, name);
        return Directory.Exists(part)
            ? part
            : throw new DirectoryNotFoundException($"{folder}: the folder \"{name}\" is missing; a FLUX.1 folder in the layout of diffusers has it.");
    }
}
