using GenAgent.Torch.Flux.Vae;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Runs;

namespace GenAgent.Cli.Training;

/// <summary>A recipe of <c>genagent train vae</c>.</summary>
public sealed record VaeRecipe
{
    /// <summary>What it trains on.</summary>
    public MicroDataOptions Data { get; init; } = new();

    /// <summary>The autoencoder.</summary>
    public AutoencoderConfig Model { get; init; } = new();

    /// <summary>The loss.</summary>
    public VaeLossOptions Loss { get; init; } = new();

    /// <summary>Length, batch, optimizer.</summary>
    public TrainingOptions Training { get; init; } = new();
}
