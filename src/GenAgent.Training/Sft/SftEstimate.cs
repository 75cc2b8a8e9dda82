using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using static TorchSharp.torch;

namespace GenAgent.Training.Sft;

/// <summary>What a run will take, without loading a weight.</summary>
/// <param name="Parameters">Values of the whole model.</param>
/// <param name="Trainable">Values that learn.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Memory">Bytes by what needs them; activations are a rough guess from above.</param>
public sealed record SftEstimate(long Parameters, long Trainable, long Steps, IReadOnlyList<(string What, long Bytes)> Memory)
{
    private const double ElementsPerWidth = 18;
    private const double ElementsPerInner = 4;

    /// <summary>All bytes.</summary>
    public long Total => Memory.Sum(part => part.Bytes);

    /// <summary>Estimates a run.</summary>
    /// <param name="options">The run.</param>
    /// <param name="config">The model's shape; null for the recipe's, with its vocabulary taken as asked for.</param>
    /// <returns>Parameters, memory and steps.</returns>
    /// <exception cref="InvalidDataException">The model cannot be built.</exception>
    public static SftEstimate Of(SftTrainerOptions options, Qwen25VLConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (sft, training) = (options.Sft, options.Training);
        config ??= options.Model.ToConfig(_ => 0, options.Model.VocabularySize);
        using var model = new Qwen25VLModel(config, ScalarType.Float32, META);
        var all = model.named_parameters().Sum(one => one.parameter.numel());
        var trainable = Learning(model, sft);
        var width = sft.Weights == WeightType.FP32 ? 4L : 2L;
        var workers = Math.Min(training.Workers, training.BatchSize);
        var wide = sft.LoraRank > 0 ? 0 : width < 4 ? 4 : 0;
        return new SftEstimate(all, trainable, training.Steps,
        [
            ($"weights ({sft.Weights})", (all * width) + (sft.LoraRank > 0 ? trainable * 4 : 0)),
            ("exact weights of the optimizer", trainable * wide),
            ("moments of AdamW", trainable * 8),
            ($"gradients ({workers} workers)", trainable * 4 * workers),
            ("average of the weights", training.EmaDecay > 0 ? trainable * 4 : 0),
            ($"activations ({workers} packs of {sft.PackTokens} tokens)", workers * Activations(config, sft, width)),
        ]);
    }

    private static long Learning(Qwen25VLModel model, SftOptions sft)
    {
        if (sft.LoraRank > 0)
        {
            return LoraAdapter.Count(model, new LoraOptions { Rank = sft.LoraRank, TargetModules = sft.LoraTargets });
        }

        return model.named_parameters()
            .Where(one => !sft.FreezeVision || !one.name.StartsWith("model.visual.", StringComparison.Ordinal)
                || one.name.StartsWith("model.visual.merger.", StringComparison.Ordinal))
            .Sum(one => one.parameter.numel());
    }

    private static long Activations(Qwen25VLConfig config, SftOptions sft, long width)
    {
        var text = config.Text;
        var layer = (text.HiddenSize * ElementsPerWidth) + (text.IntermediateSize * ElementsPerInner);
        var kept = sft.ActivationCheckpointing ? layer + ((double)text.HiddenSize * text.Layers) : layer * text.Layers;
        return (long)(sft.PackTokens * ((kept * width) + (3.0 * 4 * text.VocabularySize)));
    }
}
