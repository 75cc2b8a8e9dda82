using GenAgent.Torch.Flux.Loading;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Flux.TextEncoders;
using GenAgent.Torch.Flux.Transformer;
using GenAgent.Training.Runs;

namespace GenAgent.Training.FlowMatching;

/// <summary>Options of a flow-matching run, apart from its images and autoencoder.</summary>
public sealed record FlowMatchingTrainerOptions
{
    /// <summary>The transformer. Its text and latent widths must fit the other parts.</summary>
    public FluxTransformerConfig Transformer { get; init; } = new();

    /// <summary>The T5 encoder. Its vocabulary size is the tokenizer's; a value given here is ignored.</summary>
    public T5Config T5 { get; init; } = new();

    /// <summary>The CLIP encoder. Its vocabulary size and special ids are the tokenizer's; values given here are ignored.</summary>
    public ClipTextConfig Clip { get; init; } = new();

    /// <summary>The noise schedule for sampling with the finished model.</summary>
    public FlowMatchSchedulerConfig Scheduler { get; init; } = new();

    /// <summary>Recommended sampling settings of the finished model; written into its folder.</summary>
    public FluxDefaults Defaults { get; init; } = new();

    /// <summary>The objective.</summary>
    public FlowMatchingOptions Flow { get; init; } = new();

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}
