using System.ComponentModel.DataAnnotations;

namespace GenAgent.Training.Optimization;

/// <summary>
/// Which matrices are moved by <see cref="Muon"/>, and how; all else is moved by <see cref="AdamW"/>. The learning rate and the weight decay are those of
/// AdamW.
/// </summary>
public sealed record MuonOptions
{
    /// <summary>Regular expression of the names of the parameters that are moved so; only matrices among them are.</summary>
    [Required]
    public string Match { get; init; } = "block";

    /// <summary>
    /// Regular expression of names that are not, though they match; empty for none. Maps from conditions of low rank (modulations) and tables belong here.
    /// </summary>
    public string Except { get; init; } = "norm|bias|embed";

    /// <summary>Decay of the running sum of gradients (Nesterov's).</summary>
    [Range(0.0, 0.9999999)]
    public double Momentum { get; init; } = 0.95;

    /// <summary>Root mean square of an update's values, in learning rates: 0.2 is about that of a well-run AdamW, small models bear 1.</summary>
    [Range(0.0, 100.0)]
    public double UpdateScale { get; init; } = 0.2;

    /// <summary>Newton-Schulz iterations.</summary>
    [Range(1, 100)]
    public int Iterations { get; init; } = 5;
}
