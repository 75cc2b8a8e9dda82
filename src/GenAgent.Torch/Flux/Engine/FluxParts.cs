using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>Both text encoders, which are always used together.</summary>
internal sealed record TextEncoders(T5Encoder T5, ClipTextEncoder Clip) : IDisposable
{
    public void Dispose()
    {
        T5.Dispose();
        Clip.Dispose();
    }
}

/// <summary>The parts of one FLUX.1, checked to fit together; the weights are not loaded yet.</summary>
internal sealed class FluxParts
{
    private FluxParts(FluxModelFiles files, Device device) => (Files, Device) = (files, device);

    public FluxModelFiles Files { get; }

    public Device Device { get; }

    public required FluxTransformerConfig Transformer { get; init; }

    public required AutoencoderConfig Autoencoder { get; init; }

    public required T5Config T5 { get; init; }

    public required ClipTextConfig Clip { get; init; }

    public required FlowMatchSchedulerConfig Scheduler { get; init; }

    public required Part<FluxTransformer> TransformerPart { get; init; }

    public required Part<AutoencoderKL> AutoencoderPart { get; init; }

    public required Part<TextEncoders> TextPart { get; init; }

    /// <summary>Reads the configs and checks that the parts belong together.</summary>
    /// <exception cref="InvalidDataException">They do not; the message names the parts, the keys and both values.</exception>
    public static FluxParts Open(FluxModelFiles files, Device device, ScalarType? dtype)
    {
        var transformer = TransformerConfig(files.Transformer);
        var autoencoder = AutoencoderConfigOf(files.Autoencoder);
        var t5 = IsFile(files.T5) ? new T5Config() : ModelConfig.Read<T5Config>(Path.Combine(files.T5, FluxFolder.ConfigFile));
        var clip = IsFile(files.Clip) ? new ClipTextConfig() : ModelConfig.Read<ClipTextConfig>(Path.Combine(files.Clip, FluxFolder.ConfigFile));
        var scheduler = files.Scheduler is { } folder
            ? ModelConfig.Read<FlowMatchSchedulerConfig>(Path.Combine(folder, FluxFolder.SchedulerFile))
            : new FlowMatchSchedulerConfig { UseDynamicShifting = transformer.GuidanceEmbeds };

        Require(
            t5.DModel == transformer.JointAttentionDim,
            files.T5,
            $"its features are {t5.DModel} wide (\"d_model\"), but the transformer {files.Transformer} takes {transformer.JointAttentionDim} "
                + "(\"joint_attention_dim\")");
        Require(
            clip.HiddenSize == transformer.PooledProjectionDim,
            files.Clip,
            $"its features are {clip.HiddenSize} wide (\"hidden_size\"), but the transformer {files.Transformer} takes {transformer.PooledProjectionDim} "
                + "(\"pooled_projection_dim\")");
        var features = autoencoder.LatentChannels * LatentPacking.PatchSide * LatentPacking.PatchSide;
        Require(
            features == transformer.InChannels,
            files.Autoencoder,
            $"its latents make tokens of {features} features (4 times \"latent_channels\"), but the transformer {files.Transformer} takes "
                + $"{transformer.InChannels} (\"in_channels\")");
        Require(
            transformer.OutFeatures == transformer.InChannels,
            files.Transformer,
            $"it predicts {transformer.OutFeatures} features of {transformer.InChannels}; a FLUX.1 for text to image predicts as many as it takes");

        return new FluxParts(files, device)
        {
            Transformer = transformer,
            Autoencoder = autoencoder,
            T5 = t5,
            Clip = clip,
            Scheduler = scheduler,
            TransformerPart = new("transformer", TransformerBytes(files.Transformer, transformer, device, dtype), () => IsFile(files.Transformer)
                ? FluxSingleFile.LoadTransformer(files.Transformer, transformer, device, dtype, keepPacked: true).Freeze()
                : FluxFolder.Load<FluxTransformerConfig, FluxTransformer>(
                    files.Transformer, device, dtype, (config, where, type) => new FluxTransformer(config, where, type), keepPacked: true).Freeze()),
            AutoencoderPart = new("autoencoder", AutoencoderBytes(files.Autoencoder, autoencoder, device, dtype), () => IsFile(files.Autoencoder)
                ? FluxSingleFile.LoadAutoencoder(files.Autoencoder, autoencoder, device, dtype).Freeze()
                : FluxFolder.Load<AutoencoderConfig, AutoencoderKL>(
                    files.Autoencoder, device, dtype, (config, where, type) => new AutoencoderKL(config, where, type)).Freeze()),
            TextPart = new(
                "text encoders",
                Bytes(device, dtype, files.T5, TextEncoderNames.T5) + Bytes(device, dtype, files.Clip, TextEncoderNames.Clip),
                () => LoadText(files, t5, clip, device, dtype)),
        };
    }

    private static TextEncoders LoadText(FluxModelFiles files, T5Config t5Config, ClipTextConfig clipConfig, Device device, ScalarType? dtype)
    {
        var t5 = Load(files.T5, (where, type) => new T5Encoder(t5Config, where, type), TextEncoderNames.T5);
        try
        {
            return new TextEncoders(t5, Load(files.Clip, (where, type) => new ClipTextEncoder(clipConfig, where, type), TextEncoderNames.Clip));
        }
        catch
        {
            t5.Dispose();
            throw;
        }

        TModel Load<TModel>(string path, Func<Device?, ScalarType, TModel> build, Func<IWeightSource, WeightLoadOptions> options)
            where TModel : nn.Module
        {
            using var weights = WeightSource.Open(path);
            var type = dtype ?? FluxFolder.DefaultDtype(weights, device);
            return ModelLoader.Load(where => build(where, type), weights, options(weights), device, keepPacked: true).Freeze();
        }
    }

    private static FluxTransformerConfig TransformerConfig(string path)
    {
        if (!IsFile(path)) return ModelConfig.Read<FluxTransformerConfig>(Path.Combine(path, FluxFolder.ConfigFile));
        using var file = WeightSource.Open(path);
        return FluxSingleFile.ReadTransformerConfig(new FluxSingleFile.OriginalNames(file, "img_in.weight"));
    }

    private static AutoencoderConfig AutoencoderConfigOf(string path)
    {
        if (!IsFile(path)) return ModelConfig.Read<AutoencoderConfig>(Path.Combine(path, FluxFolder.ConfigFile));
        using var file = WeightSource.Open(path);
        return FluxSingleFile.ReadAutoencoderConfig(new FluxSingleFile.OriginalNames(file, "encoder.conv_in.weight"));
    }

    private static bool IsFile(string path) => File.Exists(path);

    private static long TransformerBytes(string path, FluxTransformerConfig config, Device device, ScalarType? dtype)
    {
        using var weights = WeightSource.Open(path);
        if (!IsFile(path)) return Bytes(weights, device, dtype, entry => entry.Name);
        using var parts = FluxSingleFile.TransformerWeights(weights, config);
        return Bytes(parts, device, dtype, entry => entry.Name);
    }

    private static long AutoencoderBytes(string path, AutoencoderConfig config, Device device, ScalarType? dtype)
    {
        using var weights = WeightSource.Open(path);
        if (!IsFile(path)) return Bytes(weights, device, dtype, entry => entry.Name);
        using var parts = FluxSingleFile.AutoencoderWeights(weights, config);
        return Bytes(parts, device, dtype, entry => entry.Name, packed: false);
    }

    private static long Bytes(Device device, ScalarType? dtype, string path, Func<IWeightSource, WeightLoadOptions> options)
    {
        using var weights = WeightSource.Open(path);
        var rename = options(weights).Rename!;
        return Bytes(weights, device, dtype, entry => rename(entry.Name));
    }

    private static long Bytes(IWeightSource weights, Device device, ScalarType? dtype, Func<TensorEntry, string?> nameOf, bool packed = true)
    {
        var width = (dtype ?? FluxFolder.DefaultDtype(weights, device)) == ScalarType.Float32 ? 4 : 2;
        return weights.Entries.Values.Where(entry => nameOf(entry) is not null)
            .Sum(entry => (packed ? weights.PackedBytes(entry.Name) : null) ?? (entry.ElementCount * width));
    }

    private static void Require(bool fits, string part, string fault)
    {
        if (!fits) throw new InvalidDataException($"{part}: {fault}. The parts are of different models.");
    }
}
