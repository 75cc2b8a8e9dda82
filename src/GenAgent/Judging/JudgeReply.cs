using System.Text.Json.Serialization;

namespace GenAgent.Judging;

/// <summary>What a judge's model replied to one question, verbatim. Immutable.</summary>
/// <param name="Question">Which question of the judge's format, as <c>marks</c> or <c>atom 3</c>.</param>
/// <param name="Text">The reply; null when there is none.</param>
public sealed record JudgeReply(string Question, string? Text)
{
    /// <summary>Why there is no reply: a refusal or another error that the model's server will repeat; null when there is one.</summary>
    public string? Error { get; init; }

    /// <summary>Probabilities of the reply's first token; null if not requested.</summary>
    public IReadOnlyList<TokenChance>? FirstTokens { get; init; }

    /// <summary>The model version that the server reports; null if it reports none.</summary>
    public string? Model { get; init; }

    /// <summary>Tokens read; 0 if not counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long InputTokens { get; init; }

    /// <summary>Tokens written; 0 if not counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long OutputTokens { get; init; }
}

/// <summary>How likely a token was.</summary>
/// <param name="Token">The token's text, a leading blank included.</param>
/// <param name="LogProb">Its natural log-probability.</param>
public sealed record TokenChance(string Token, double LogProb);
