using System.Globalization;
using System.Text.Json.Nodes;
using GenAgent.Torch.Generation;

namespace GenAgent.EngineStubs;

/// <summary>Sampling settings as an engine gets them.</summary>
internal static class StubSampling
{
    // What an engine takes as never: the bias that its clients send for a ban.
    private const double Ban = -100;

    /// <summary>The settings for our engine.</summary>
    /// <param name="given">The request's <c>sampling_params</c>.</param>
    /// <param name="limit">The name of the limit on new tokens.</param>
    /// <param name="seed">The name of the seed.</param>
    /// <param name="logProbs">What is reported as log-probabilities.</param>
    /// <param name="ends">The model's own end of text, which ends an answer unless the request ignores it.</param>
    public static SamplingOptions Read(JsonObject given, string limit, string seed, StubLogProbs logProbs, IReadOnlyList<int> ends)
    {
        var biases = given["logit_bias"] is JsonObject bias
            ? bias.ToDictionary(pair => int.Parse(pair.Key, CultureInfo.InvariantCulture), pair => pair.Value!.GetValue<double>())
            : [];
        var temperature = Number(given, "temperature") ?? 1;
        return new SamplingOptions
        {
            // As both engines do: nearly 0 is greedy.
            Temperature = temperature < 1e-5 ? 0 : temperature,
            TopP = Number(given, "top_p") ?? 1,
            TopK = Number(given, "top_k") is { } k and > 0 ? (int)k : 0,
            MinP = Number(given, "min_p") ?? 0,
            RepetitionPenalty = Number(given, "repetition_penalty") ?? 1,
            MaxTokens = Number(given, limit) is { } most ? (int)most : null,
            Seed = given[seed] is { } root ? unchecked((ulong)root.GetValue<long>()) : null,
            StopIds =
            [
                .. (given["stop_token_ids"] as JsonArray ?? []).Select(id => id!.GetValue<int>()),
                .. given["ignore_eos"]?.GetValue<bool>() == true ? [] : ends,
            ],
            StopStrings = [.. (given["stop"] as JsonArray ?? []).Select(text => text!.GetValue<string>())],
            BannedIds = [.. biases.Where(pair => pair.Value <= Ban).Select(pair => pair.Key)],
            LogitBias = biases.Where(pair => pair.Value > Ban).ToDictionary(),
            BanVisionIds = false,
            LogProbsAtTemperatureOne = logProbs == StubLogProbs.Raw,
        };
    }

    /// <summary>The log-probability that the engine reports.</summary>
    public static double Reported(GeneratedToken token, SamplingOptions sampling, StubLogProbs logProbs) => logProbs switch
    {
        StubLogProbs.Processed when sampling.TopK == 1 => 0,
        not StubLogProbs.Raw when sampling.LogitBias.Count > 0 || sampling.RepetitionPenalty != 1 =>
            throw new NotSupportedException("This stub cannot report the log-probabilities of biased or penalized logits."),
        StubLogProbs.Processed when sampling.TopP < 1 || sampling.TopK > 0 || sampling.MinP > 0 =>
            throw new NotSupportedException("This stub cannot report the log-probabilities of a truncated distribution."),
        _ => token.LogProb,
    };

    private static double? Number(JsonObject given, string name) => given[name]?.GetValue<double>();
}
