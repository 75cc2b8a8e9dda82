using System.ComponentModel.DataAnnotations;

namespace GenAgent.Training.Optimization;

/// <summary>The constants of AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization"); each step gets its learning rate as an argument.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the running mean of gradients.</summary>
    [Range(0.0, 0.9999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the running mean of squared gradients.</summary>
    [Range(0.0, 0.9999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the squared mean.</summary>
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: each step shrinks the weights by this times the learning rate.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>True excludes biases, norms and other one-dimensional parameters from the weight decay.</summary>
    public bool DecayMatricesOnly { get; init; }
}
