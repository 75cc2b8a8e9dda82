namespace GenAgent.Torch.Tokenizers;

/// <summary>A prompt's ids in one fixed length.</summary>
/// <param name="Ids">Exactly the requested number of ids: start, prompt, end, padding.</param>
/// <param name="Length">How many of them are not padding.</param>
/// <param name="CutOff">The text that was cut off, for a warning; null if nothing was.</param>
public sealed record TokenizedPrompt(IReadOnlyList<int> Ids, int Length, string? CutOff);

/// <summary>Makes prompts of one length for a text encoder, as diffusion pipelines feed them. Thread-safe.</summary>
public sealed class PromptTokenizer
{
    private readonly int _padId;

    /// <summary>Creates a tokenizer of prompts of one length.</summary>
    /// <param name="tokenizer">Gives the start and end ids too.</param>
    /// <param name="maxLength">The length of every prompt, at least that of the start and end ids.</param>
    /// <param name="padId">The padding id; by default the one in the tokenizer's files, else the end id.</param>
    /// <exception cref="ArgumentException">No padding id is known.</exception>
    public PromptTokenizer(Tokenizer tokenizer, int maxLength, int? padId = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, tokenizer.PrefixIds.Count + tokenizer.SuffixIds.Count);
        Tokenizer = tokenizer;
        MaxLength = maxLength;
        _padId = padId ?? tokenizer.PadId ?? (tokenizer.SuffixIds is [.., var end]
            ? end
            : throw new ArgumentException("The tokenizer names no token to fill up with: give its id.", nameof(padId)));
    }

    /// <summary>The tokenizer that is used.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The length of every prompt.</summary>
    public int MaxLength { get; }

    /// <summary>Tokenises a prompt, truncated at the end (start and end ids stay) and padded to <see cref="MaxLength"/>.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="mode">Which added tokens are recognised in the text.</param>
    /// <returns>Ids and mask, both of the asked length.</returns>
    public TokenizedPrompt Encode(string prompt, AddedTokenMode mode = AddedTokenMode.Parse)
    {
        var body = new List<int>();
        Tokenizer.Encode(prompt, body, mode);
        var room = MaxLength - Tokenizer.PrefixIds.Count - Tokenizer.SuffixIds.Count;
        string? cutOff = null;
        if (body.Count > room)
        {
            cutOff = Tokenizer.Decode(body.Skip(room)).Trim();
            body.RemoveRange(room, body.Count - room);
        }

        var ids = new List<int>(MaxLength);
        ids.AddRange(Tokenizer.PrefixIds);
        ids.AddRange(body);
        ids.AddRange(Tokenizer.SuffixIds);
        var length = ids.Count;
        ids.AddRange(Enumerable.Repeat(_padId, MaxLength - length));
        return new TokenizedPrompt(ids, length, cutOff);
    }
}
