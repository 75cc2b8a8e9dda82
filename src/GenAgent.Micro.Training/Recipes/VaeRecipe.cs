using GenAgent.Torch.Flux.Vae;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>A recipe of <c>genagent train vae</c>.</summary>
public sealed record VaeRecipe
{
    /// <summary>What it trains on.</summary>
    public MicroDataOptions Data { get; init; } = new();

    /// <summary>
    /// The model whose <c>vae/</c> is trained further: a folder, relative to the working folder, or a URI of a local generator (<c>micro</c>,
    /// <c>hf:ORG/NAME</c>); empty begins with random weights.
    /// </summary>
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
