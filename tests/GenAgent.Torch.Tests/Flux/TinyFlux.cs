using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

/// <summary>Small models with weights that are all different from 0, made without any file.</summary>
internal static class TinyFlux
{
    public static FluxTransformerConfig Transformer { get; } = new()
    {
        InChannels = 16, NumLayers = 1, NumSingleLayers = 2, AttentionHeadDim = 8, NumAttentionHeads = 2,
        JointAttentionDim = 12, PooledProjectionDim = 10, GuidanceEmbeds = true, AxesDimsRope = [2, 2, 4],
    };

    public static AutoencoderConfig Vae { get; } = new()
    {
        LatentChannels = 4, BlockOutChannels = [8, 16], LayersPerBlock = 1, NormNumGroups = 4, UseQuantConv = false, UsePostQuantConv = false,
        ScalingFactor = 0.4, ShiftFactor = 0.1,
    };

    public static T5Config T5 { get; } = new() { VocabSize = 64, DModel = 12, DKv = 4, DFf = 16, NumLayers = 2, NumHeads = 2 };

    public static ClipTextConfig Clip { get; } = new()
    {
        VocabSize = 1024,
        HiddenSize = 10,
        IntermediateSize = 20,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        MaxPositionEmbeddings = 16
    };

    public static FluxTransformer NewTransformer(ulong seed = 1, FluxTransformerConfig? config = null)
    {
        var model = new FluxTransformer(config ?? Transformer);
        FluxInitializer.Initialize(model, seed);
        using var noGradients = no_grad();
        using var generator = new Generator(seed);
        foreach (var parameter in model.parameters().Where(parameter => parameter.abs().max().ToSingle() == 0)) parameter.normal_(0, 0.1, generator);

        // A model fresh from initialisation hardly listens to time, guidance and pooled text.
        foreach (var (_, parameter) in model.named_parameters()
            .Where(entry => entry.name.StartsWith("time_text_embed.", StringComparison.Ordinal))) parameter.TimesInPlace(10);
        return model;
    }

    public static AutoencoderKL NewAutoencoder(ulong seed = 2)
    {
        var model = new AutoencoderKL(Vae);
        FluxInitializer.Initialize(model, seed);
        return model;
    }

    public static T5Encoder NewT5(ulong seed = 3)
    {
        var model = new T5Encoder(T5);
        FluxInitializer.Initialize(model, seed);
        return model;
    }

    public static ClipTextEncoder NewClip(ulong seed = 4)
    {
        var model = new ClipTextEncoder(Clip);
        FluxInitializer.Initialize(model, seed);
        return model;
    }

    /// <summary>A forward pass on fixed random inputs of 6 image and 3 text tokens.</summary>
    public static Tensor Run(FluxTransformer model, int batch = 2)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var config = model.Config;
        using var rope = RotaryTable.For(config, 3, GenAgent.Torch.Flux.Sampling.LatentPacking.ImageIds(4, 6));
        return model.Forward(
            randn([batch, 6, config.InChannels], generator: generator).to(model.Dtype),
            randn([batch, 3, config.JointAttentionDim], generator: generator).to(model.Dtype),
            randn([batch, config.PooledProjectionDim], generator: generator).to(model.Dtype),
            rand([batch], generator: generator),
            config.GuidanceEmbeds ? Arithmetic.Filled([batch], 3.5f) : null,
            rope).MoveToOuterDisposeScope();
    }
}
