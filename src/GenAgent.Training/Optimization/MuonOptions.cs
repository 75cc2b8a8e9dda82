using System.ComponentModel.DataAnnotations;

namespace GenAgent.Training.Optimization;

/// <summary>
/// Which matrices <see cref="Muon"/> updates, and how; <see cref="AdamW"/> updates everything else. The learning rate and the weight decay are those of
/// AdamW.
/// </summary>
public sealed record MuonOptions
{
    /// <summary>Regular expression for the names of parameters to update with Muon; only matrices are.</summary>
    [Required]
    public string Match { get; init; } = "block";

    /// <summary>
    /// Regular expression for names to exclude; empty for none. Exclude modulations (maps of a low-rank condition) and embedding tables.
    /// </summary>
    public string Except { get; init; } = "norm|bias|embed";

    /// <summary>Decay of the running sum of gradients (Nesterov's).</summary>
    [Range(0.0, 0.9999999)]
    public double Momentum { get; init; } = 0.95;

    /// <summary>Root mean square of an update's values, in units of the learning rate: 0.2 is about that of AdamW; small models tolerate 1.</summary>
    [Range(0.0, 100.0)]
    public double UpdateScale { get; init; } = 0.2;

    /// <summary>Newton-Schulz iterations.</summary>
    [Range(1, 100)]
    public int Iterations { get; init; } = 5;
}
