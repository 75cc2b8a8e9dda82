using System.Text.Json;
using GenAgent.Evaluation.Statistics;
using GenAgent.TestKit.Golden;

namespace GenAgent.Evaluation.Tests.Statistics;

public sealed class GoldenStatisticsTests
{
    private const string File = "statistics.json";

    [Fact]
    public void Pass_at_k_is_the_reference_value()
    {
        Recorded.Each(GoldenFiles.Cases(File, "pass_at_k"), item =>
        {
            PassAtK.Estimate(item.Need("n").GetInt32(), item.Need("c").GetInt32(), item.Need("k").GetInt32())
                .ShouldMatch(item.Number("value"), item.GetRawText());
        });
    }

    [Fact]
    public void Intervals_of_proportions_are_the_reference_values()
    {
        Recorded.Each(GoldenFiles.Cases(File, "proportion_interval"), item =>
        {
            var (k, n, confidence) = (item.Number("k"), item.Number("n"), item.Number("confidence"));
            var interval = item.Need("method").GetString() switch
            {
                "wilson" => ProportionInterval.Wilson(k, n, confidence),
                "wilsoncc" => ProportionInterval.WilsonCorrected(k, n, confidence),
                "exact" => ProportionInterval.Exact(k, n, confidence),
                var other => throw new NotSupportedException($"unknown method {other}"),
            };

            // The reference finds the exact interval's ends by a root search that stops at 2e-12.
            var tolerance = item.Need("method").GetString() == "exact" ? 1e-11 : 1e-14;
            interval.Low.ShouldMatch(item.Number("low"), item.GetRawText(), tolerance);
            interval.High.ShouldMatch(item.Number("high"), item.GetRawText(), tolerance);
        });
    }

    [Fact]
    public void McNemar_is_the_reference_test()
    {
        Recorded.Each(GoldenFiles.Cases(File, "mcnemar"), item =>
        {
            var test = new McNemar(item.Need("only_first_right").GetInt32(), item.Need("only_second_right").GetInt32());
            var values = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["exact_p"] = test.ExactP,
                ["midp"] = test.MidP,
                ["chi2"] = test.ChiSquared,
                ["chi2_p"] = test.ChiSquaredP,
                ["chi2_corrected"] = test.CorrectedChiSquared,
                ["chi2_corrected_p"] = test.CorrectedChiSquaredP,
            };
            foreach (var (name, value) in values.Where(v => item.TryGetProperty(v.Key, out _)))
                value.ShouldMatch(item.Number(name), $"{name} of {item.GetRawText()}");
        });
    }

    [Fact]
    public void The_bootstrap_with_given_resamples_is_the_reference_one()
    {
        Recorded.Each(GoldenFiles.Cases(File, "bootstrap"), item =>
        {
            double[] data = [.. item.Need("data").EnumerateArray().Select(v => v.GetDouble())];
            int[][] resamples = [.. item.Need("resample_indices").EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.GetInt32()).ToArray())];
            var mean = Bootstrap.Of(data, values => values.Average(), resamples);
            var median = Bootstrap.Of(data, Bootstrap.Median, resamples);

            mean.Estimate.ShouldMatch(item.Number("mean"), "mean");
            mean.StandardError.ShouldMatch(item.Number("std_error"), "standard error");
            Check(mean.Percentile(0.95), item.Need("percentile_95_of_mean"));
            Check(mean.Percentile(0.90), item.Need("percentile_90_of_mean"));
            Check(mean.Basic(0.95), item.Need("basic_95_of_mean"));
            Check(median.Percentile(0.95), item.Need("percentile_95_of_median"));
        });
    }

    private static void Check(Interval interval, JsonElement expected)
    {
        interval.Low.ShouldMatch(expected[0].GetDouble(), "low");
        interval.High.ShouldMatch(expected[1].GetDouble(), "high");
    }
}
