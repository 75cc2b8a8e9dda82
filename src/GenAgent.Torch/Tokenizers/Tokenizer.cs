using System.Text;
using GenAgent.Torch.Tokenizers.Models;
using GenAgent.Torch.Tokenizers.Normalizers;
using GenAgent.Torch.Tokenizers.PreTokenizers;

namespace GenAgent.Torch.Tokenizers;

/// <summary>A tokenizer of the usual parts: added tokens, normaliser, pre-tokenizer, model, decoder. Thread-safe.</summary>
/// <remarks>Made by <see cref="TokenizerLoader"/>.</remarks>
public sealed class Tokenizer : ITokenizer
{
    private readonly INormalizer _normalizer;
    private readonly IPreTokenizer _preTokenizer;
    private readonly ITokenModel _model;
    private readonly DecoderStyle _style;
    private readonly AddedTokenMatcher _rawAdded;
    private readonly AddedTokenMatcher _normalizedAdded;
    private readonly Dictionary<string, AddedToken> _added;
    private readonly Dictionary<int, AddedToken> _addedById = [];

    internal Tokenizer(TokenizerParts parts)
    {
        _normalizer = parts.Normalizer;
        _preTokenizer = parts.PreTokenizer;
        _model = parts.Model;
        _style = parts.DecoderStyle;
        _added = new(StringComparer.Ordinal);
        foreach (var token in parts.AddedTokens)
        {
            _added[token.Content] = token;
            _addedById[token.Id] = token;
        }

        _rawAdded = new AddedTokenMatcher(_added.Values.Where(token => !token.Normalized), static content => content);
        _normalizedAdded = new AddedTokenMatcher(_added.Values.Where(token => token.Normalized), _normalizer.Normalize);
        PrefixIds = parts.PrefixIds;
        SuffixIds = parts.SuffixIds;
        PadId = parts.PadId;
        IdLimit = Math.Max(_model.IdLimit, _addedById.Count == 0 ? 0 : _addedById.Keys.Max() + 1);
    }

    /// <inheritdoc/>
    public int IdLimit { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, AddedToken> AddedTokens => _added;

    /// <summary>Ids that the model expects before a whole prompt (CLIP's start token).</summary>
    public IReadOnlyList<int> PrefixIds { get; }

    /// <summary>Ids that the model expects after a whole prompt (the end token of CLIP and T5).</summary>
    public IReadOnlyList<int> SuffixIds { get; }

    /// <summary>The padding id, if the files name one.</summary>
    public int? PadId { get; }

    /// <inheritdoc/>
    public void Encode(string text, ICollection<int> ids, AddedTokenMode mode = AddedTokenMode.Parse)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(ids);
        foreach (var (piece, token) in Pieces(text, mode))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
            }
            else
            {
                _model.Encode(piece, ids);
            }
        }
    }

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var decoder = StartDecoding(skipSpecialTokens);
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            text.Append(decoder.Append(id));
        }

        return text.Append(decoder.Flush()).ToString();
    }

    /// <inheritdoc/>
    public IncrementalDecoder StartDecoding(bool skipSpecialTokens = false) => new(id => BytesOf(id, skipSpecialTokens), _style);

    /// <inheritdoc/>
    public bool TryGetId(string token, out int id)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_added.TryGetValue(token, out var added))
        {
            id = added.Id;
            return true;
        }

        return _model.TryGetId(token, out id);
    }

    /// <inheritdoc/>
    public string? TokenOf(int id) => _addedById.TryGetValue(id, out var added) ? added.Content : _model.TokenOf(id);

    /// <summary>The normalised text split into pieces, with added tokens as single pieces.</summary>
    internal IEnumerable<(string Piece, AddedToken? Token)> Pieces(string text, AddedTokenMode mode)
    {
        text = Unicode.WellFormed.Repair(text);
        foreach (var (stretch, token, start) in Cut(_rawAdded, text, mode))
        {
            if (token is not null)
            {
                yield return (stretch, token);
                continue;
            }

            foreach (var (part, inner, innerStart) in Cut(_normalizedAdded, _normalizer.Normalize(stretch), mode))
            {
                if (inner is not null)
                {
                    yield return (part, inner);
                    continue;
                }

                foreach (var piece in _preTokenizer.Split(part, atStart: start + innerStart == 0))
                {
                    yield return (piece, null);
                }
            }
        }
    }

    private static IEnumerable<(string Text, AddedToken? Token, int Start)> Cut(AddedTokenMatcher matcher, string text, AddedTokenMode mode)
    {
        var at = 0;
        while (matcher.Next(text, at, mode) is var (token, start, end))
        {
            if (start > at)
            {
                yield return (text[at..start], null, at);
            }

            yield return (text[start..end], token, start);
            at = end;
        }

        if (at < text.Length)
        {
            yield return (at == 0 ? text : text[at..], null, at);
        }
    }

    private byte[]? BytesOf(int id, bool skipSpecialTokens)
    {
        if (_addedById.TryGetValue(id, out var added))
        {
            return skipSpecialTokens && added.Special ? null : Encoding.UTF8.GetBytes(added.Content);
        }

        return _model.BytesOf(id);
    }
}

/// <summary>What a <see cref="Tokenizer"/> is made of.</summary>
internal sealed record TokenizerParts(INormalizer Normalizer, IPreTokenizer PreTokenizer, ITokenModel Model)
{
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public DecoderStyle DecoderStyle { get; init; }

    public IReadOnlyList<int> PrefixIds { get; init; } = [];

    public IReadOnlyList<int> SuffixIds { get; init; } = [];

    public int? PadId { get; init; }
}
