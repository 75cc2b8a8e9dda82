using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Storage;
using GenAgent.Torch.Tokenizers.Formats;
using GenAgent.Torch.Tokenizers.Models;
using GenAgent.Torch.Tokenizers.Normalizers;
using GenAgent.Torch.Tokenizers.PreTokenizers;

namespace GenAgent.Torch.Tokenizers.Building;

/// <summary>Writes small T5 and CLIP tokenizers, in the published formats, in which each word of a list is one token.</summary>
public static class WordTokenizers
{
    private const string Pad = "<pad>";
    private const string End = "</s>";
    private const string Unknown = "<unk>";
    private const string ClipStart = "<|startoftext|>";
    private const string ClipEnd = "<|endoftext|>";
    private const string EndOfWord = "</w>";

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>: pad 0, end 1, unknown 2, then the blank and the words in their order.</summary>
    /// <param name="folder">Made where it is not there.</param>
    /// <param name="words">Words without blanks; those that begin with a letter or digit stand after a blank, others (punctuation) after a word too.</param>
    /// <param name="lowercase">Whether text is written in lower case first; the words then must be.</param>
    /// <exception cref="ArgumentException">A word is empty, there twice, or cannot be one token.</exception>
    public static void WriteT5(string folder, IReadOnlyList<string> words, bool lowercase = true)
    {
        Check(folder, words);
        var pieces = new List<(string Token, double Score)> { (Pad, 0), (End, 0), (Unknown, 0), ("▁", -2) };
        foreach (var word in words)
        {
            var standsApart = char.IsLetterOrDigit(word, 0);
            pieces.Add((standsApart ? "▁" + word : word, -1));
        }

        var added = new[] { Pad, End, Unknown }.Select((content, id) => new AddedToken(id, content) { Special = true }).ToList();
        var json = TokenizerJsonWriter.WriteT5(pieces, added, added[1], unknown: 2, lowercase);
        var tokenizer = new Tokenizer(TokenizerJson.Read(JsonSection.Parse(Encoding.UTF8.GetBytes(json), folder)));
        RefuseSplit(words, word => tokenizer.Encode(word) is [> 3] or [3, > 3]);
        Write(folder, "tokenizer.json", json);
        Write(folder, "tokenizer_config.json", TokenizerJsonWriter.Write(new JsonObject
        {
            ["tokenizer_class"] = "T5Tokenizer",
            ["pad_token"] = Pad,
            ["eos_token"] = End,
            ["unk_token"] = Unknown,
            ["extra_ids"] = 0,
        }));
    }

    /// <summary>Writes <c>vocab.json</c>, <c>merges.txt</c> and <c>tokenizer_config.json</c>; the end token has the highest id.</summary>
    /// <param name="folder">Made where it is not there.</param>
    /// <param name="words">Words in lower case without blanks. Those that CLIP's pattern would cut (<c>top-left</c>) become added tokens.</param>
    /// <exception cref="ArgumentException">A word is empty, there twice, or cannot be one token.</exception>
    public static void WriteClip(string folder, IReadOnlyList<string> words)
    {
        Check(folder, words);
        var letters = ByteLetters.InVocabularyOrder.Select(value => ByteLetters.Of(value).ToString()).ToList();
        List<string> tokens = [.. letters, .. letters.Select(letter => letter + EndOfWord)];
        var merges = new List<(string First, string Second)>();
        var cutter = new ScannerPreTokenizer(PieceScanners.Clip, dropUnmatched: true);
        var lower = new LowercaseNormalizer();
        var whole = words.Where(word => cutter.Split(lower.Normalize(word), atStart: true).Count() == 1).ToList();
        foreach (var word in whole)
        {
            AddMerges(lower.Normalize(word), tokens, merges);
        }

        var added = new List<AddedToken>();
        foreach (var word in words.Except(whole, StringComparer.Ordinal))
        {
            added.Add(new AddedToken(tokens.Count, word) { Normalized = true, SingleWord = true });
            tokens.Add(word);
        }

        added.Add(new AddedToken(tokens.Count, ClipStart) { Special = true });
        added.Add(new AddedToken(tokens.Count + 1, ClipEnd) { Special = true });
        tokens.AddRange([ClipStart, ClipEnd]);
        Write(folder, "vocab.json", TokenizerJsonWriter.WriteVocabulary(tokens));
        Write(folder, "merges.txt", "#version: 0.2\n" + string.Concat(merges.Select(merge => $"{merge.First} {merge.Second}\n")));
        Write(folder, "tokenizer_config.json", TokenizerJsonWriter.Write(new JsonObject
        {
            ["tokenizer_class"] = "CLIPTokenizer",
            ["bos_token"] = ClipStart,
            ["eos_token"] = ClipEnd,
            ["pad_token"] = ClipEnd,
            ["unk_token"] = ClipEnd,
            ["added_tokens_decoder"] = new JsonObject(added.Select(token =>
                KeyValuePair.Create(token.Id.ToString(CultureInfo.InvariantCulture), (JsonNode?)TokenizerJsonWriter.Describe(token)))),
        }));
        var tokenizer = TokenizerLoader.Load(folder);
        RefuseSplit(words, word => tokenizer.Encode(word).Count == 1);
    }

    // Each new merge ranks after all before it, so that words which are one token already stay so.
    private static void AddMerges(string word, List<string> tokens, List<(string First, string Second)> merges)
    {
        for (; ;)
        {
            var vocabulary = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal);
            var ids = new List<int>();
            new BpeModel(vocabulary, merges, EndOfWord, unknown: null).Encode(word, ids);
            if (ids.Count < 2)
            {
                return;
            }

            var (first, second) = (tokens[ids[0]], tokens[ids[1]]);
            merges.Add((first, second));
            if (!vocabulary.ContainsKey(first + second))
            {
                tokens.Add(first + second);
            }
        }
    }

    private static void Check(string folder, IReadOnlyList<string> words)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(words);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            if (string.IsNullOrEmpty(word) || word.Any(char.IsWhiteSpace) || !seen.Add(word))
            {
                throw new ArgumentException($"\"{word}\" is empty, holds a blank or is there twice.", nameof(words));
            }
        }
    }

    private static void RefuseSplit(IReadOnlyList<string> words, Func<string, bool> isOneToken)
    {
        var split = words.Where(word => !isOneToken(word)).ToList();
        if (split.Count > 0)
        {
            throw new ArgumentException($"These words do not become one token: {string.Join(", ", split)}.", nameof(words));
        }
    }

    private static void Write(string folder, string name, string content)
    {
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(content));
    }
}
