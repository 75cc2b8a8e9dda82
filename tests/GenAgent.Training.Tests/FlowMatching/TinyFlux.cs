using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Tokenizers.Building;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.FlowMatching;
using GenAgent.Training.Optimization;
using GenAgent.Training.Runs;
using GenAgent.Training.Tests.Runs;
using GenAgent.Training.Tests.Sources;

namespace GenAgent.Training.Tests.FlowMatching;

/// <summary>The smallest whole FLUX.1 that still has every part, on stripes.</summary>
internal static class TinyFlux
{
    public static readonly string[] Words = ["large", "small", "red", "blue", "circle"];

    public static readonly FlowMatchingTrainerOptions Options = new()
    {
        Transformer = new FluxTransformerConfig
        {
            InChannels = 8,
            NumLayers = 1,
            NumSingleLayers = 1,
            AttentionHeadDim = 8,
            NumAttentionHeads = 2,
            JointAttentionDim = 8,
            PooledProjectionDim = 8,
            AxesDimsRope = [4, 2, 2]
        },
        T5 = new T5Config { DModel = 8, DKv = 4, DFf = 8, NumLayers = 1, NumHeads = 2, RelativeAttentionNumBuckets = 8, RelativeAttentionMaxDistance = 8 },
        Clip = new ClipTextConfig { HiddenSize = 8, IntermediateSize = 8, NumHiddenLayers = 1, NumAttentionHeads = 2, MaxPositionEmbeddings = 8 },
        Flow = new FlowMatchingOptions { T5Tokens = 6 },
        Training = new TrainingOptions
        {
            Seed = 11,
            Steps = 12,
            BatchSize = 6,
            MicroBatchSize = 2,
            Workers = 2,
            LearningRate = 3e-3,
            Schedule = new LearningRateSchedule { Shape = LearningRateShape.WarmupStableDecay, WarmupSteps = 2, DecaySteps = 4 },
            CheckpointEvery = 5,
            LogEvery = 2,
        },
    };

    /// <summary>Puts an autoencoder and tokenizers where a run looks for them.</summary>
    public static void Prepare(string folder)
    {
        var model = Path.Combine(folder, "model");
        using var vae = new AutoencoderKL(VaeOptions.Model with { ScalingFactor = 1.5, ShiftFactor = 0.1 });
        Torch.Flux.FluxInitializer.Initialize(vae, 5);
        FluxFolderWriter.Save(model, vae);
        WordTokenizers.WriteT5(Path.Combine(model, "tokenizer_2"), Words);
        WordTokenizers.WriteClip(Path.Combine(model, "tokenizer"), Words);
    }

    public static TrainingOutcome Train(
        string folder,
        FlowMatchingTrainerOptions? options = null,
        long stopAt = 0,
        IModelEvaluation? evaluation = null,
        string? startFrom = null,
        StripesSource? source = null)
    {
        using var trainer = new FlowMatchingTrainer(options ?? Options, source ?? new StripesSource(), folder, startFrom);
        using var stop = new CancellationTokenSource();
        var progress = new Each(p =>
        {
            if (p.Step == stopAt) stop.Cancel();
        });
        return trainer.Run(resume: true, evaluation, progress, notice: null, stop.Token);
    }

    private static readonly VaeTrainerOptions VaeOptions = new()
    {
        Model = new AutoencoderConfig
        {
            BlockOutChannels = [4, 4],
            LayersPerBlock = 1,
            NormNumGroups = 2,
            LatentChannels = 2,
            UseQuantConv = false,
            UsePostQuantConv = false
        },
    };
}
