using System.Runtime.InteropServices;

namespace GenAgent.Evaluation.Statistics;

/// <summary>A test's outcome, or a correlation's.</summary>
/// <param name="Statistic">The test statistic; the coefficient for a correlation.</param>
/// <param name="P">The two-sided p value; NaN where there are too few data or none vary.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HypothesisTest(double Statistic, double P);
