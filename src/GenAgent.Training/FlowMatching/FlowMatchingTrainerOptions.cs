using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Training.Runs;

namespace GenAgent.Training.FlowMatching;

/// <summary>What a flow-matching run is made of, beside its images and its autoencoder.</summary>
public sealed record FlowMatchingTrainerOptions
{
    /// <summary>The transformer. Its widths of text and latents have to fit the other parts.</summary>
    public FluxTransformerConfig Transformer { get; init; } = new();

    /// <summary>The T5 encoder; its vocabulary's size is the tokenizer's, whatever stands here.</summary>
    public T5Config T5 { get; init; } = new();

    /// <summary>The CLIP encoder; its vocabulary's size and special ids are the tokenizer's, whatever stands here.</summary>
    public ClipTextConfig Clip { get; init; } = new();

    /// <summary>The noise levels that the finished model is sampled with.</summary>
    public FlowMatchSchedulerConfig Scheduler { get; init; } = new();

    /// <summary>What the finished model is best painted with; written into its folder.</summary>
    public FluxDefaults Defaults { get; init; } = new();

    /// <summary>The objective.</summary>
    public FlowMatchingOptions Flow { get; init; } = new();

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}
