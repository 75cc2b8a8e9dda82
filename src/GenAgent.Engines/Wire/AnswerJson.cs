using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Torch.Generation;

namespace GenAgent.Engines.Wire;

/// <summary>What both engines' requests and answers share.</summary>
internal static class AnswerJson
{
    // Both engines add it to the logit before the temperature: at any usual one, never sampled.
    private const double Ban = -100;

    /// <summary>The value of a member, or null if it is missing or null.</summary>
    public static JsonElement? Member(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The ids of a list.</summary>
    public static int[] Ids(this JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    /// <summary>A list of ids.</summary>
    public static JsonArray Array(IEnumerable<int> ids) => [.. ids.Select(id => (JsonNode)id)];

    /// <summary>Versions of the weights, spans over the tokens: <c>[{"version": "7", "start": 0, "end": 12}]</c>.</summary>
    public static string[] Versions(this JsonElement answer) => answer.Member("weight_versions") is { ValueKind: JsonValueKind.Array } spans
        ? [.. spans.EnumerateArray().Select(Version).OfType<string>().Distinct(StringComparer.Ordinal)]
        : [];

    /// <summary>A version, which may be a text or a number.</summary>
    public static string? Text(this JsonElement? value) =>
        value is not { } given ? null : given.ValueKind == JsonValueKind.String ? given.GetString() : given.GetRawText();

    /// <summary>Settings that have the same names in both engines. What the sampler does not change is left out.</summary>
    public static JsonObject Sampling(SamplingOptions sampling)
    {
        var settings = new JsonObject
        {
            ["temperature"] = sampling.Temperature,
            ["top_p"] = sampling.TopP,
            ["top_k"] = sampling.TopK > 0 ? sampling.TopK : -1,
            ["min_p"] = sampling.MinP,
            ["repetition_penalty"] = sampling.RepetitionPenalty,
            ["stop_token_ids"] = Array(sampling.StopIds.Distinct()),
            ["skip_special_tokens"] = false,
        };
        if (sampling.StopStrings.Count > 0) settings["stop"] = new JsonArray([.. sampling.StopStrings.Select(text => (JsonNode)text)]);
        var biases = new SortedDictionary<int, double>(sampling.LogitBias.ToDictionary());
        foreach (var id in sampling.BannedIds) biases[id] = Ban;
        if (biases.Count > 0)
        {
            settings["logit_bias"] = new JsonObject(
                biases.Select(bias => KeyValuePair.Create<string, JsonNode?>(FormattableString.Invariant($"{bias.Key}"), bias.Value)));
        }

        return settings;
    }

    /// <summary>Reads an answer; a member that is missing or of another type is the server's fault.</summary>
    /// <exception cref="BackendAnswerException">The answer is not what the protocol says.</exception>
    public static T Read<T>(string server, string route, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException
            or ArgumentException or OverflowException)
        {
            throw new BackendAnswerException($"{server} sent an answer of {route} that cannot be understood: {wrong.Message}", wrong);
        }
    }

    private static string? Version(JsonElement span) => span.Member("version").Text();
}
