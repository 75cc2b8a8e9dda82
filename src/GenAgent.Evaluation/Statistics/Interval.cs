using System.Runtime.InteropServices;

namespace GenAgent.Evaluation.Statistics;

/// <summary>A confidence interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Interval(double Low, double High) : IFormattable
{
    /// <summary>Both ends in words, as <c>0.937 to 0.980</c>.</summary>
    /// <param name="format">How a number is written, as <c>F3</c>.</param>
    /// <param name="formatProvider">Whose numbers; null for the present culture's.</param>
    /// <returns>The words.</returns>
    public string ToString(string? format, IFormatProvider? formatProvider) =>
        $"{Low.ToString(format, formatProvider)} to {High.ToString(format, formatProvider)}";
}
