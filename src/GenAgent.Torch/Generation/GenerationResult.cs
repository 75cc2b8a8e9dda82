using System.Runtime.InteropServices;

namespace GenAgent.Torch.Generation;

/// <summary>Why a sequence ended.</summary>
public enum GenerationEnd
{
    /// <summary>By a stop id or a stop string.</summary>
    Stop,

    /// <summary>The limit on new tokens was reached, or no more tokens fit.</summary>
    Length,
}

/// <summary>One sampled token.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogProb">Its natural log-probability, as <see cref="SamplingOptions.LogProbsAtTemperatureOne"/> says.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GeneratedToken(int Id, float LogProb);

/// <summary>The result of a request.</summary>
/// <param name="Tokens">The sampled tokens, a stop id included.</param>
/// <param name="End">Why it ended.</param>
/// <param name="StopString">The stop string that ended it, or null.</param>
/// <param name="PromptTokens">Number of tokens of the prompt.</param>
/// <param name="ReusedTokens">How many of them were in the cache already.</param>
public sealed record GenerationResult(IReadOnlyList<GeneratedToken> Tokens, GenerationEnd End, string? StopString, int PromptTokens, int ReusedTokens);
