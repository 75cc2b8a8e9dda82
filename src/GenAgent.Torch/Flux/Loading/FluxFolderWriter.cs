using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Loading;

/// <summary>
/// Writes parts in the folder layout of diffusers, so that <see cref="FluxFolder"/>, diffusers and others read them. Each file is written to a temporary
/// name and then renamed.
/// </summary>
public static class FluxFolderWriter
{
    private const string DiffusersWeights = "diffusion_pytorch_model.safetensors";
    private const string TransformersWeights = "model.safetensors";

    private static readonly Dictionary<string, object> Index = new(StringComparer.Ordinal)
    {
        ["_class_name"] = "FluxPipeline",
        [FluxFolder.SchedulerPart] = new[] { "diffusers", "FlowMatchEulerDiscreteScheduler" },
        [FluxFolder.ClipPart] = new[] { "transformers", "CLIPTextModel" },
        [FluxFolder.T5Part] = new[] { "transformers", "T5EncoderModel" },
        ["tokenizer"] = new[] { "transformers", "CLIPTokenizer" },
        ["tokenizer_2"] = new[] { "transformers", "T5TokenizerFast" },
        [FluxFolder.TransformerPart] = new[] { "diffusers", "FluxTransformer2DModel" },
        [FluxFolder.VaePart] = new[] { "diffusers", "AutoencoderKL" },
    };

    /// <summary>Writes <c>transformer/</c>.</summary>
    /// <param name="folder">The model's folder; made where it is missing.</param>
    /// <param name="model">Names, shape and (unless <paramref name="weights"/> says otherwise) values.</param>
    /// <param name="weights">Values to write instead, such as an average over training, by parameter name.</param>
    public static void Save(string folder, FluxTransformer model, IReadOnlyDictionary<string, Tensor>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Write(folder, FluxFolder.TransformerPart, DiffusersWeights, model.Config, weights ?? model.state_dict());
    }

    /// <summary>Writes <c>vae/</c>.</summary>
    /// <inheritdoc cref="Save(string, FluxTransformer, IReadOnlyDictionary{string, Tensor})"/>
    public static void Save(string folder, AutoencoderKL model, IReadOnlyDictionary<string, Tensor>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var levels = model.Config.BlockOutChannels.Count;
        var config = model.Config with
        {
            DownBlockTypes = [.. Enumerable.Repeat("DownEncoderBlock2D", levels)],
            UpBlockTypes = [.. Enumerable.Repeat("UpDecoderBlock2D", levels)],
        };
        Write(folder, FluxFolder.VaePart, DiffusersWeights, config, weights ?? model.state_dict());
    }

    /// <summary>Writes <c>text_encoder/</c>.</summary>
    /// <inheritdoc cref="Save(string, FluxTransformer, IReadOnlyDictionary{string, Tensor})"/>
    public static void Save(string folder, ClipTextEncoder model, IReadOnlyDictionary<string, Tensor>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Write(folder, FluxFolder.ClipPart, TransformersWeights, model.Config, weights ?? model.state_dict());
    }

    /// <summary>Writes <c>text_encoder_2/</c>.</summary>
    /// <inheritdoc cref="Save(string, FluxTransformer, IReadOnlyDictionary{string, Tensor})"/>
    public static void Save(string folder, T5Encoder model, IReadOnlyDictionary<string, Tensor>? weights = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Write(folder, FluxFolder.T5Part, TransformersWeights, model.Config, weights ?? model.state_dict());
    }

    /// <summary>Writes <c>scheduler/</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="config">The shape of the model.</param>
    public static void Save(string folder, FlowMatchSchedulerConfig config)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ModelConfig.Write(Path.Combine(folder, FluxFolder.SchedulerPart, FluxFolder.SchedulerFile), config);
    }

    /// <summary>Writes <c>model_index.json</c>, which names the parts. Write it last: it makes diffusers accept the folder.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="defaults">The model's recommended settings; null leaves them to the engine.</param>
    public static void SaveIndex(string folder, FluxDefaults? defaults = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var index = new Dictionary<string, object>(Index, StringComparer.Ordinal);
        if (defaults is not null) index[FluxModelIndex.DefaultsKey] = defaults;
        ModelConfig.Write(Path.Combine(folder, FluxModelIndex.FileName), index);
    }

    private static void Write<TConfig>(string folder, string part, string file, TConfig config, IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var home = Path.Combine(folder, part);
        ModelConfig.Write(Path.Combine(home, FluxFolder.ConfigFile), config);
        SafetensorsWriter.Write(Path.Combine(home, file), weights, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
    }
}
