using System.ComponentModel.DataAnnotations;
using GenAgent.Torch.Flux;

namespace GenAgent.Training.FlowMatching;

/// <summary>Options of rectified-flow training: noise levels, text dropout, guidance.</summary>
public sealed record FlowMatchingOptions
{
    /// <summary>Mean of the normal draw whose sigmoid is the noise level; above 0 leans towards noise.</summary>
    [Range(-10.0, 10.0)]
    public double TimeMean { get; init; }

    /// <summary>Scale of that draw: t = sigmoid(scale n + mean).</summary>
    [Range(1e-3, 10.0)]
    public double TimeScale { get; init; } = 1;

    /// <summary>Share of samples with an empty caption, which classifier-free guidance needs.</summary>
    [Range(0.0, 1.0)]
    public double TextDropout { get; init; } = 0.1;

    /// <summary>The guidance scale given to a model with guidance embedding.</summary>
    [Range(0.0, 100.0)]
    public double Guidance { get; init; } = 1;

    /// <summary>Whether to train the text encoders too; published ones usually stay frozen.</summary>
    public bool TrainTextEncoders { get; init; } = true;

    /// <summary>
    /// Whether to initialize the last head of T5 to attend only to earlier tokens, so that a word knows what came before it (see
    /// <see cref="FluxInitializer.LookBack"/>).
    /// </summary>
    public bool T5LooksBack { get; init; }

    /// <summary>Tokens of a caption for T5, including the end token; longer captions are truncated.</summary>
    [Range(1, 4096)]
    public int T5Tokens { get; init; } = 40;

    /// <summary>Rank of low-rank adapters that are trained instead of the transformer's weights; 0 trains the weights.</summary>
    [Range(0, 4096)]
    public int LoraRank { get; init; }

    /// <summary>The adapters' alpha; 0 takes the rank.</summary>
    [Range(0.0, 4096.0)]
    public double LoraAlpha { get; init; }
}
