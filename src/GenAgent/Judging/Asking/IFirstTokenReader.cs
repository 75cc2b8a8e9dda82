using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>
/// Computes how likely a model's answer begins with given words, without sampling. A chat client that supports it returns it as a service (<c>GetService</c>).
/// Safe to use from many tasks at once.
/// </summary>
public interface IFirstTokenReader
{
    /// <summary>The probabilities of the first tokens of the spellings; spellings with the same first token share one entry.</summary>
    /// <param name="messages">The conversation so far.</param>
    /// <param name="spellings">The words, with a leading blank if one is part of the token.</param>
    /// <param name="cancellationToken">Stops the question.</param>
    /// <returns>At most one entry for each spelling.</returns>
    Task<IReadOnlyList<TokenChance>> ReadFirstTokensAsync(
        IEnumerable<ChatMessage> messages, IReadOnlyList<string> spellings, CancellationToken cancellationToken = default);
}
