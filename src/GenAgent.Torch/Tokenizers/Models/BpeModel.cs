using System.Collections.Concurrent;
using System.Text;

namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>Byte-level byte-pair encoding, with (CLIP) or without (GPT-2, Qwen) an end-of-word mark. Thread-safe.</summary>
internal sealed class BpeModel : ITokenModel
{
    private const int CachedPieces = 1 << 16;
    private const int CachedLength = 64;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<int, string> _tokens;
    private readonly Dictionary<long, Merge> _merges;
    private readonly int[] _byteIds = new int[256];
    private readonly int[] _lastByteIds = new int[256];
    private readonly string _endOfWord;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);

    /// <summary>Takes over a vocabulary and its merges.</summary>
    /// <param name="vocabulary">Tokens in byte letters and their ids.</param>
    /// <param name="merges">Pairs in order of rank.</param>
    /// <param name="endOfWord">Ends the last symbol of each piece; empty for none.</param>
    /// <param name="unknown">The token for bytes that the vocabulary lacks; null leaves them out.</param>
    /// <exception cref="InvalidDataException">A merge names a token that the vocabulary lacks.</exception>
    public BpeModel(Dictionary<string, int> vocabulary, IReadOnlyList<(string First, string Second)> merges, string endOfWord, string? unknown)
    {
        _vocabulary = vocabulary;
        _endOfWord = endOfWord;
        _tokens = new Dictionary<int, string>(vocabulary.Count);
        foreach (var (token, id) in vocabulary)
        {
            if (!_tokens.TryAdd(id, token))
            {
                throw new InvalidDataException($"Two tokens have the id {id}: \"{_tokens[id]}\" and \"{token}\".");
            }

            IdLimit = Math.Max(IdLimit, id + 1);
        }

        _merges = new Dictionary<long, Merge>(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (first, second) = merges[rank];
            _merges[Pair(Id(first, rank), Id(second, rank))] = new Merge(rank, Id(first + second, rank));
        }

        var unknownId = unknown is not null && vocabulary.TryGetValue(unknown, out var id0) ? id0 : -1;
        for (var value = 0; value < 256; value++)
        {
            var letter = ByteLetters.Of((byte)value).ToString();
            _byteIds[value] = vocabulary.GetValueOrDefault(letter, unknownId);
            _lastByteIds[value] = vocabulary.GetValueOrDefault(letter + endOfWord, unknownId);
        }
    }

    public int IdLimit { get; }

    public void Encode(string piece, ICollection<int> ids)
    {
        if (!_cache.TryGetValue(piece, out var encoded))
        {
            encoded = Encode(piece);
            if (piece.Length <= CachedLength && _cache.Count < CachedPieces)
            {
                _cache.TryAdd(piece, encoded);
            }
        }

        foreach (var id in encoded)
        {
            ids.Add(id);
        }
    }

    public byte[]? BytesOf(int id)
    {
        if (!_tokens.TryGetValue(id, out var token))
        {
            return null;
        }

        return _endOfWord.Length > 0 && token.EndsWith(_endOfWord, StringComparison.Ordinal)
            ? [.. ByteLetters.Read(token[..^_endOfWord.Length]), (byte)' ']
            : ByteLetters.Read(token);
    }

    public bool TryGetId(string token, out int id) => _vocabulary.TryGetValue(token, out id);

    public string? TokenOf(int id) => _tokens.GetValueOrDefault(id);

    private int[] Encode(string piece)
    {
        var bytes = Encoding.UTF8.GetBytes(piece);
        var symbols = new List<int>(bytes.Length);
        for (var i = 0; i < bytes.Length; i++)
        {
            var id = i == bytes.Length - 1 ? _lastByteIds[bytes[i]] : _byteIds[bytes[i]];
            if (id >= 0)
            {
                symbols.Add(id);
            }
        }

        return new BpeMerger(this, symbols).Run();
    }

    internal bool TryMerge(int first, int second, out Merge merge) => _merges.TryGetValue(Pair(first, second), out merge);

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private int Id(string token, int rank) =>
        _vocabulary.TryGetValue(token, out var id)
            ? id
            : throw new InvalidDataException($"Merge {rank + 1} needs the token \"{token}\", which the vocabulary lacks.");

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    internal readonly record struct Merge(int Rank, int Id);
}
