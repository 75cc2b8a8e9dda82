using System.Text.Json.Serialization;
using MathNet.Numerics;

namespace GenAgent.Evaluation.Statistics;

/// <summary>McNemar's test on paired yes/no outcomes: does one system pass more of the same trials than the other?</summary>
/// <param name="OnlyFirst">Trials that the first alone passed.</param>
/// <param name="OnlySecond">Trials that the second alone passed.</param>
public sealed record McNemar(int OnlyFirst, int OnlySecond)
{
    private int Discordant => OnlyFirst + OnlySecond;

    /// <summary>The two-sided exact p value (binomial).</summary>
    public double ExactP => Discordant == 0 ? 1 : Math.Min(1, 2 * BinomialCdf(Math.Min(OnlyFirst, OnlySecond)));

    /// <summary>The two-sided mid-p value: the exact one less the probability of what was seen.</summary>
    public double MidP => Discordant == 0 ? 1 : ExactP - BinomialMass(Math.Min(OnlyFirst, OnlySecond));

    /// <summary>The test statistic without continuity correction; NaN without discordant trials.</summary>
    [JsonIgnore]
    public double ChiSquared => Discordant == 0 ? double.NaN : (double)(OnlyFirst - OnlySecond) * (OnlyFirst - OnlySecond) / Discordant;

    /// <summary>Its p value.</summary>
    [JsonIgnore]
    public double ChiSquaredP => Tail(ChiSquared);

    /// <summary>The test statistic with Edwards' continuity correction; NaN without discordant trials.</summary>
    [JsonIgnore]
    public double CorrectedChiSquared
    {
        get
        {
            var difference = Math.Max(0, Math.Abs(OnlyFirst - OnlySecond) - 1);
            return Discordant == 0 ? double.NaN : (double)difference * difference / Discordant;
        }
    }

    /// <summary>Its p value.</summary>
    [JsonIgnore]
    public double CorrectedChiSquaredP => Tail(CorrectedChiSquared);

    /// <summary>Counts the discordant trials of two runs over the same trials.</summary>
    /// <param name="first">Whether each trial of the first run passed.</param>
    /// <param name="second">The same of the second run, in the same order.</param>
    /// <returns>The counts, with the exact test.</returns>
    /// <exception cref="ArgumentException">The runs differ in length.</exception>
    public static McNemar Of(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
            throw new ArgumentException($"Paired runs have equally many trials, but got {first.Count} and {second.Count}.", nameof(second));
        var pairs = first.Zip(second).ToList();
        return new(pairs.Count(p => p is (true, false)), pairs.Count(p => p is (false, true)));
    }

    private double BinomialMass(int k) => Math.Exp(SpecialFunctions.BinomialLn(Discordant, k) - (Discordant * Math.Log(2)));

    private double BinomialCdf(int k) => Enumerable.Range(0, k + 1).Sum(BinomialMass);

    // One degree of freedom: the tail of a squared normal.
    private static double Tail(double statistic) => SpecialFunctions.Erfc(Math.Sqrt(statistic / 2));
}
