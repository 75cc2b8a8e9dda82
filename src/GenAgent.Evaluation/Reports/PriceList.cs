using System.Text.Json;

namespace GenAgent.Evaluation.Reports;

/// <summary>What images and tokens cost: a file with an object for <c>agent</c>, <c>judge</c> (a million tokens each) and <c>image</c>. Immutable.</summary>
/// <param name="Currency">What the numbers are, as <c>USD</c>.</param>
/// <param name="Agent">The agent's model.</param>
/// <param name="Judge">The judge's model.</param>
/// <param name="Image">One image of the generator.</param>
public sealed record PriceList(string Currency = "USD", TokenPrices? Agent = null, TokenPrices? Judge = null, double Image = 0)
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    /// <summary>Reads a file.</summary>
    /// <param name="path">A JSON file (docs/evaluation.md).</param>
    /// <returns>The prices.</returns>
    /// <exception cref="InvalidDataException">It is no price list.</exception>
    public static PriceList Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<PriceList>(File.ReadAllBytes(path), Json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{path}: no price list ({e.Message}). Write {{\"currency\": \"USD\", \"agent\": {{\"input\": 2.0, \"output\": 8.0}}, \"judge\": {{...}}, "
                    + $"\"image\": 0.04}}; tokens by the million.", e);
        }
    }

    /// <summary>What an evaluation cost, in <see cref="Currency"/>; null without samples.</summary>
    /// <param name="report">The evaluation.</param>
    /// <returns>The sum, or null.</returns>
    public double? Total(EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Costs is not { } costs
            ? null : (report.Done * ((costs.ImagesPerSample * Image) + Tokens(Agent, costs.InputTokensPerSample, costs.OutputTokensPerSample)))
            + Tokens(Judge, costs.JudgeInputTokens, costs.JudgeOutputTokens);
    }

    private static double Tokens(TokenPrices? prices, double input, double output) =>
        prices is null ? 0 : ((input * prices.Input) + (output * prices.Output)) / 1e6;
}

/// <summary>What a million tokens cost.</summary>
/// <param name="Input">Tokens read.</param>
/// <param name="Output">Tokens written.</param>
public sealed record TokenPrices(double Input, double Output);
