namespace GenAgent.Evaluation.Statistics;

/// <summary>The probability that at least one of k tries passes (Chen et al. 2021, section 2.1).</summary>
public static class PassAtK
{
    /// <summary>The unbiased estimate 1 - C(n - c, k) / C(n, k), in [0, 1].</summary>
    /// <param name="tries">How many tries were made, n.</param>
    /// <param name="passed">How many of them passed, c.</param>
    /// <param name="k">How many tries are allowed, at most n.</param>
    /// <returns>The probability that one of k images passes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 ≤ c ≤ n or not 1 ≤ k ≤ n.</exception>
    public static double Estimate(int tries, int passed, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tries, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(passed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(passed, tries);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, tries);
        if (tries - passed < k)
            return 1;

        // The chance that k draws without replacement all fail; a product of ratios never overflows.
        var fail = 1.0;
        for (var i = 0; i < k; i++)
            fail *= (tries - passed - i) / (double)(tries - i);
        return 1 - fail;
    }
}
