using System.Text;
using GenAgent.Torch.Tokenizers.Models;
using GenAgent.Torch.Tokenizers.PreTokenizers;
using GenAgent.Torch.Tokenizers.Unicode;

namespace GenAgent.Torch.Tokenizers.Building;

/// <summary>Learns a small byte-level BPE vocabulary in Qwen's format. The same corpus always gives the same vocabulary.</summary>
/// <remarks>Of equally frequent pairs the one of lower ids is merged first, so that the order of the texts does not matter.</remarks>
public sealed class ByteLevelBpeTrainer
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string> _tokens = [];
    private readonly List<(string First, string Second)> _merges = [];
    private readonly List<(int[] Symbols, long Count)> _words = [];
    private readonly Dictionary<(int First, int Second), long> _counts = [];
    private readonly Dictionary<(int First, int Second), HashSet<int>> _places = [];
    private readonly PriorityQueue<(int First, int Second), (long NegativeCount, int First, int Second)> _queue = new();

    private readonly HashSet<(int First, int Second)> _changed = [];

    private ByteLevelBpeTrainer()
    {
        foreach (var value in ByteLetters.InVocabularyOrder)
        {
            IdOf(ByteLetters.Of(value).ToString());
        }
    }

    /// <summary>Learns a vocabulary and returns it as the content of a <c>tokenizer.json</c>, which <see cref="TokenizerLoader"/> reads.</summary>
    /// <param name="corpus">Texts; added tokens in them are left out of the count.</param>
    /// <param name="vocabularySize">All ids together: 256 bytes, merges, added tokens. Fewer where the corpus has too few pairs.</param>
    /// <param name="addedTokens">Content and whether it is special; they take the highest ids. By default Qwen2.5-VL's.</param>
    /// <param name="minimumCount">Pairs seen less often are not merged; 1 or more.</param>
    /// <returns>The JSON.</returns>
    /// <exception cref="ArgumentException">The size has no room for bytes and added tokens, or an added token is there twice.</exception>
    public static string Train(
        IEnumerable<string> corpus,
        int vocabularySize,
        IReadOnlyList<(string Content, bool Special)>? addedTokens = null,
        int minimumCount = 2)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumCount, 1);
        addedTokens ??= QwenAddedTokens.All;
        if (vocabularySize < 256 + addedTokens.Count)
        {
            throw new ArgumentException($"{vocabularySize} ids have no room for 256 bytes and {addedTokens.Count} added tokens.", nameof(vocabularySize));
        }

        if (addedTokens.Select(token => token.Content).Distinct(StringComparer.Ordinal).Count() != addedTokens.Count)
        {
            throw new ArgumentException("An added token is there twice.", nameof(addedTokens));
        }

        var trainer = new ByteLevelBpeTrainer();
        trainer.CountWords(corpus, new AddedTokenMatcher(addedTokens.Select((token, i) => new AddedToken(i, token.Content)), static content => content));
        trainer.Merge(vocabularySize - addedTokens.Count, minimumCount);
        var added = addedTokens.Select((token, i) => new AddedToken(trainer._tokens.Count + i, token.Content) { Special = token.Special });
        return TokenizerJsonWriter.WriteQwen(trainer._tokens, trainer._merges, [.. added]);
    }

    private void CountWords(IEnumerable<string> corpus, AddedTokenMatcher matcher)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var cutter = new ScannerPreTokenizer(PieceScanners.Qwen, dropUnmatched: false);
        foreach (var text in corpus)
        {
            foreach (var stretch in Stretches(WellFormed.Repair(text), matcher))
            {
                foreach (var word in cutter.Split(Nfc.Normalize(stretch), atStart: false))
                {
                    counts[word] = counts.GetValueOrDefault(word) + 1;
                }
            }
        }

        foreach (var (word, count) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var symbols = Encoding.UTF8.GetBytes(word).Select(value => IdOf(ByteLetters.Of(value).ToString())).ToArray();
            _words.Add((symbols, count));
            AddPairs(_words.Count - 1, +1);
        }

        OfferChanged();
    }

    private static IEnumerable<string> Stretches(string text, AddedTokenMatcher matcher)
    {
        var at = 0;
        while (matcher.Next(text, at, AddedTokenMode.Parse) is var (_, start, end))
        {
            yield return text[at..start];
            at = end;
        }

        yield return text[at..];
    }

    private void Merge(int size, int minimumCount)
    {
        while (_tokens.Count < size && _queue.TryDequeue(out var pair, out var key))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count != -key.NegativeCount)
            {
                // The count is outdated: a newer entry is in the queue too, or the pair no longer exists.
                continue;
            }

            if (count < minimumCount)
            {
                break;
            }

            _merges.Add((_tokens[pair.First], _tokens[pair.Second]));
            var merged = IdOf(_tokens[pair.First] + _tokens[pair.Second]);
            foreach (var word in _places[pair].ToList())
            {
                AddPairs(word, -1);
                _words[word] = (Replace(_words[word].Symbols, pair, merged), _words[word].Count);
                AddPairs(word, +1);
            }

            OfferChanged();
        }
    }

    private void AddPairs(int word, int sign)
    {
        var (symbols, count) = _words[word];
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            var pair = (symbols[i], symbols[i + 1]);
            var total = _counts.GetValueOrDefault(pair) + (sign * count);
            _counts[pair] = total;
            _changed.Add(pair);
            var places = _places.TryGetValue(pair, out var known) ? known : _places[pair] = [];
            if (sign > 0)
            {
                places.Add(word);
            }
            else
            {
                places.Remove(word);
            }
        }
    }

    private void OfferChanged()
    {
        foreach (var pair in _changed.Where(pair => _counts[pair] > 0))
        {
            _queue.Enqueue(pair, (-_counts[pair], pair.First, pair.Second));
        }

        _changed.Clear();
    }

    private static int[] Replace(int[] symbols, (int First, int Second) pair, int merged)
    {
        var result = new List<int>(symbols.Length);
        for (var i = 0; i < symbols.Length; i++)
        {
            if (i + 1 < symbols.Length && symbols[i] == pair.First && symbols[i + 1] == pair.Second)
            {
                result.Add(merged);
                i++;
            }
            else
            {
                result.Add(symbols[i]);
            }
        }

        return [.. result];
    }

    private int IdOf(string token)
    {
        if (!_ids.TryGetValue(token, out var id))
        {
            id = _tokens.Count;
            _ids.Add(token, id);
            _tokens.Add(token);
        }

        return id;
    }
}
