using MathNet.Numerics;
using MathNet.Numerics.Distributions;

namespace GenAgent.Evaluation.Statistics;

/// <summary>Two-sided confidence intervals for a proportion of independent trials.</summary>
public static class ProportionInterval
{
    /// <summary>Wilson's score interval.</summary>
    /// <param name="successes">How many succeeded; need not be whole where trials were weighted.</param>
    /// <param name="trials">Of how many, more than 0.</param>
    /// <param name="confidence">In (0, 1), for instance 0.95.</param>
    /// <returns>Both ends, in [0, 1].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public static Interval Wilson(double successes, double trials, double confidence = 0.95)
    {
        Check(successes, trials, confidence);
        var z = Normal.InvCDF(0, 1, 0.5 + (confidence / 2));
        var share = successes / trials;
        var centre = share + (z * z / (2 * trials));
        var half = z * Math.Sqrt((share * (1 - share) / trials) + (z * z / (4 * trials * trials)));
        var scale = 1 + (z * z / trials);
        return new(successes == 0 ? 0 : (centre - half) / scale, successes == trials ? 1 : (centre + half) / scale);
    }

    /// <summary>Wilson's interval with continuity correction (Newcombe 1998, method 4).</summary>
    /// <inheritdoc cref="Wilson"/>
    public static Interval WilsonCorrected(double successes, double trials, double confidence = 0.95)
    {
        Check(successes, trials, confidence);
        var z = Normal.InvCDF(0, 1, 0.5 + (confidence / 2));
        var share = successes / trials;
        var scale = 2 * (trials + (z * z));
        var low = ((2 * trials * share) + (z * z) - 1 - (z * Math.Sqrt((z * z) - 2 - (1 / trials) + (4 * share * ((trials * (1 - share)) + 1))))) / scale;
        var high = ((2 * trials * share) + (z * z) + 1 + (z * Math.Sqrt((z * z) + 2 - (1 / trials) + (4 * share * ((trials * (1 - share)) - 1))))) / scale;
        return new(successes == 0 ? 0 : Math.Max(0, low), successes == trials ? 1 : Math.Min(1, high));
    }

    /// <summary>The exact interval of Clopper and Pearson.</summary>
    /// <inheritdoc cref="Wilson"/>
    public static Interval Exact(double successes, double trials, double confidence = 0.95)
    {
        Check(successes, trials, confidence);
        var tail = (1 - confidence) / 2;
        return new(
            successes == 0 ? 0 : BetaQuantile(successes, trials - successes + 1, tail),
            successes == trials ? 1 : BetaQuantile(successes + 1, trials - successes, 1 - tail));
    }

    /// <summary>Where the regularised incomplete beta function reaches a probability: bisection to the last bit.</summary>
    private static double BetaQuantile(double a, double b, double probability)
    {
        var (low, high) = (0.0, 1.0);
        while (true)
        {
            var middle = (low + high) / 2;
            if (middle <= low || middle >= high)
                return middle;
            if (SpecialFunctions.BetaRegularized(a, b, middle) < probability)
                low = middle;
            else
                high = middle;
        }
    }

    private static void Check(double successes, double trials, double confidence)
    {
        if (!(trials > 0 && double.IsFinite(trials)))
            throw new ArgumentOutOfRangeException(nameof(trials), trials, "There must be trials.");
        if (!(successes >= 0 && successes <= trials))
            throw new ArgumentOutOfRangeException(nameof(successes), successes, $"Must lie in [0, {trials}].");
        if (!(confidence is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "Must lie in (0, 1).");
    }
}
