using GenAgent.Torch.Flux.Vae;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train vae</c>.</summary>
public sealed record VaeRecipe
{
    /// <summary>What it trains on.</summary>
    public MicroDataOptions Data { get; init; } = new();

    /// <summary>The folder whose <c>vae/</c> is gone on from, relative to the working folder; empty begins anew.</summary>
    public string StartFrom { get; init; } = string.Empty;

    /// <summary>The autoencoder; not used when it is gone on from.</summary>
    public AutoencoderConfig Model { get; init; } = new();

    /// <summary>Whether the encoder learns too.</summary>
    public bool TrainEncoder { get; init; } = true;

    /// <summary>The loss.</summary>
    public VaeLossOptions Loss { get; init; } = new();

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}
