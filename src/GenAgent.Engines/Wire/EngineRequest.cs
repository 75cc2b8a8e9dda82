using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;

namespace GenAgent.Engines.Wire;

/// <summary>What an engine continues, and how.</summary>
/// <param name="Conversation">Ids and images.</param>
/// <param name="Sampling">How tokens are chosen; all ids that never come are among <see cref="SamplingOptions.BannedIds"/>.</param>
/// <param name="MaxTokens">The most new tokens.</param>
internal sealed record EngineRequest(ReadConversation Conversation, SamplingOptions Sampling, int MaxTokens);

/// <summary>What an engine answers.</summary>
/// <param name="Tokens">The sampled tokens, with their log-probabilities as the engine reports them.</param>
/// <param name="Finish">Why it ended: <c>stop</c>, <c>length</c> or <c>abort</c>.</param>
internal sealed record EngineAnswer(IReadOnlyList<GeneratedToken> Tokens, string? Finish)
{
    /// <summary>Versions of the weights in the order of the tokens; empty if the server does not tell.</summary>
    public IReadOnlyList<string> Versions { get; init; } = [];

    /// <summary>Tokens of the prompt as the engine counted them; null if it does not tell.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>How many of them it had computed before.</summary>
    public int CachedTokens { get; init; }

    /// <summary>The prompt's ids as the engine used them; null if it does not tell.</summary>
    public IReadOnlyList<int>? PromptIds { get; init; }
}

/// <summary>One engine's protocol.</summary>
internal interface IEngineWire
{
    /// <summary>Generates on a server.</summary>
    Task<EngineAnswer> GenerateAsync(Replicas.Replica replica, EngineRequest request, CancellationToken cancellationToken);
}
