using System.Text.Json;
using GenAgent.Models.Chat;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace GenAgent.Judging;

/// <summary>Gets the probabilities of an answer's first token: directly from a local model, by <c>logprobs</c> from a server with OpenAI's protocol.</summary>
public static class FirstTokens
{
    // The most that OpenAI's protocol allows.
    private const int TopLogProbs = 20;

    /// <summary>Asks.</summary>
    /// <param name="chat">The model.</param>
    /// <param name="messages">The conversation so far.</param>
    /// <param name="spellings">The words of interest; a server reports only those among the 20 likeliest tokens.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    /// <returns>The answer's first token as text, and the probabilities of the spellings.</returns>
    /// <exception cref="Models.BackendException">The model cannot be asked.</exception>
    public static async Task<(string Text, IReadOnlyList<TokenChance>? Chances, ChatResponse? Response)> AskAsync(
        IChatClient chat, IList<ChatMessage> messages, IReadOnlyList<string> spellings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentNullException.ThrowIfNull(spellings);
        if (chat.GetService<IFirstTokenReader>() is { } reader)
        {
            var chances = await reader.ReadFirstTokensAsync(messages, spellings, cancellationToken);
            return (chances.MaxBy(c => c.LogProb)?.Token ?? string.Empty, chances, null);
        }

        var response = await chat.GetResponseAsync(messages, Options(), cancellationToken);
        var likeliest = OfOurClient(response) ?? OfOpenAIClient(response);
        return (response.Text, likeliest is null
            ? null : [.. likeliest.DistinctBy(t => t.Token, StringComparer.Ordinal).Where(t => spellings.Contains(t.Token, StringComparer.Ordinal))], response);
    }

    private static IEnumerable<TokenChance>? OfOpenAIClient(ChatResponse response) =>
        (response.RawRepresentation as ChatCompletion)?.ContentTokenLogProbabilities is [var first, ..]
            ? first.TopLogProbabilities.Select(t => new TokenChance(t.Token, t.LogProbability)).Append(new(first.Token, first.LogProbability))
            : null;

    private static IEnumerable<TokenChance>? OfOurClient(ChatResponse response)
    {
        if (ChatRequest.Notes(response, ChatRequest.FirstTokenKey).OfType<JsonElement>().FirstOrDefault() is not { ValueKind: JsonValueKind.Object } first)
            return null;
        IEnumerable<JsonElement> all = first.TryGetProperty("top_logprobs", out var top) && top.ValueKind == JsonValueKind.Array ? top.EnumerateArray() : [];
        return all.Append(first).Select(Read).OfType<TokenChance>();
    }

    private static TokenChance? Read(JsonElement token) =>
        token.ValueKind == JsonValueKind.Object && token.TryGetProperty("token", out var text) && text.ValueKind == JsonValueKind.String
            && token.TryGetProperty("logprob", out var chance) && chance.ValueKind == JsonValueKind.Number
            ? new(text.GetString()!, chance.GetDouble())
            : null;

    private static ChatOptions Options() => new()
    {
        Temperature = 0,
        MaxOutputTokens = 1,
        RawRepresentationFactory = _ => new ChatCompletionOptions { IncludeLogProbabilities = true, TopLogProbabilityCount = TopLogProbs },
    };
}
