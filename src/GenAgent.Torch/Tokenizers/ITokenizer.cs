namespace GenAgent.Torch.Tokenizers;

/// <summary>Which added tokens (<c>&lt;|im_start|&gt;</c>, <c>&lt;tool_call&gt;</c>) are recognised where they stand in a text.</summary>
public enum AddedTokenMode
{
    /// <summary>All of them: for text that a template made.</summary>
    Parse,

    /// <summary>Only those that are not special; special ones are plain text.</summary>
    SplitSpecial,

    /// <summary>None: for text from users, which must not be able to write control tokens.</summary>
    Plain,
}

/// <summary>Turns text into ids and back as the model's reference tokenizer does, id for id. Thread-safe.</summary>
public interface ITokenizer
{
    /// <summary>One more than the highest id.</summary>
    int IdLimit { get; }

    /// <summary>The tokens beside the base vocabulary, by their content.</summary>
    IReadOnlyDictionary<string, AddedToken> AddedTokens { get; }

    /// <summary>Adds the text's ids to a list; no start or end token is put around them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="mode">Which added tokens are recognised in the text.</param>
    void Encode(string text, ICollection<int> ids, AddedTokenMode mode = AddedTokenMode.Parse);

    /// <summary>The text of all ids; bytes that are no UTF-8 become U+FFFD, ids without a token nothing.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="skipSpecialTokens">Whether control tokens are omitted.</param>
    /// <returns>The text.</returns>
    string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false);

    /// <summary>Starts decoding one id at a time.</summary>
    /// <param name="skipSpecialTokens">Whether control tokens are omitted.</param>
    /// <returns>A decoder of this tokenizer's.</returns>
    IncrementalDecoder StartDecoding(bool skipSpecialTokens = false);

    /// <summary>The id of a token as the vocabulary writes it, added tokens included.</summary>
    /// <param name="token">The token.</param>
    /// <param name="id">The id.</param>
    /// <returns>False if there is no such token.</returns>
    bool TryGetId(string token, out int id);

    /// <summary>The token of an id as the vocabulary writes it, or null where the id has none.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The token, or null.</returns>
    string? TokenOf(int id);
}

/// <summary>Shorter ways to use <see cref="ITokenizer"/>.</summary>
public static class TokenizerExtensions
{
    /// <summary>The text's ids, with no start or end token.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="mode">Which added tokens are recognised in the text.</param>
    /// <returns>The ids.</returns>
    public static List<int> Encode(this ITokenizer tokenizer, string text, AddedTokenMode mode = AddedTokenMode.Parse)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var ids = new List<int>();
        tokenizer.Encode(text, ids, mode);
        return ids;
    }

    /// <summary>The id of a token that must be there.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="token">The token.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">The vocabulary has no such token.</exception>
    public static int IdOf(this ITokenizer tokenizer, string token)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.TryGetId(token, out var id)
            ? id
            : throw new ArgumentException($"The vocabulary has no token \"{token}\".", nameof(token));
    }
}
