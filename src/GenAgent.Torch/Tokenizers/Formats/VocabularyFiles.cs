using System.Text;
using GenAgent.Torch.Tokenizers.Models;
using GenAgent.Torch.Tokenizers.Normalizers;
using GenAgent.Torch.Tokenizers.PreTokenizers;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads the two-file format <c>vocab.json</c> + <c>merges.txt</c>, as CLIP's and Qwen's (slow) tokenizers are published.</summary>
internal static class VocabularyFiles
{
    private const string EndOfWord = "</w>";

    /// <summary>Reads the two files, with what the config beside them says of special tokens.</summary>
    /// <exception cref="InvalidDataException">A file breaks the format; says where.</exception>
    public static TokenizerParts Read(string vocabularyPath, string mergesPath, TokenizerConfig config)
    {
        var vocabulary = TokenizerJson.ReadVocabulary(JsonSection.Read(vocabularyPath));
        var merges = ReadMerges(mergesPath);
        var qwen = config.TokenizerClass.StartsWith("Qwen2", StringComparison.Ordinal);
        try
        {
            return qwen ? Qwen(vocabulary, merges, config) : Clip(vocabulary, merges, config, vocabularyPath);
        }
        catch (InvalidDataException fault) when (!fault.Message.StartsWith(vocabularyPath, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{vocabularyPath} with {mergesPath}: {fault.Message}", fault);
        }
    }

    private static TokenizerParts Qwen(Dictionary<string, int> vocabulary, List<(string First, string Second)> merges, TokenizerConfig config) =>
        new(new NfcNormalizer(), new ScannerPreTokenizer(PieceScanners.Qwen, dropUnmatched: false), new BpeModel(vocabulary, merges, "", unknown: null))
        {
            AddedTokens = config.AddedTokens,
        };

    private static TokenizerParts Clip(Dictionary<string, int> vocabulary, List<(string First, string Second)> merges, TokenizerConfig config, string path)
    {
        int? IdOf(string token) => vocabulary.TryGetValue(token, out var id) ? id : null;
        AddedToken Role(string role, string usual) =>
            config.Token(role, IdOf)
            ?? (IdOf(usual) is { } id
                ? new AddedToken(id, usual) { Special = true }
                : throw new InvalidDataException($"{path}: it lacks the {role} \"{config.Content(role) ?? usual}\"."));

        var start = Role("bos_token", "<|startoftext|>");
        var end = Role("eos_token", "<|endoftext|>");
        var pad = config.Token("pad_token", IdOf)?.Id ?? end.Id;
        return new TokenizerParts(
            new NormalizerSequence(new NfcNormalizer(), new ReplaceNormalizer(@"\s+", " "), new LowercaseNormalizer()),
            new ScannerPreTokenizer(PieceScanners.Clip, dropUnmatched: true),
            new BpeModel(vocabulary, merges, EndOfWord, config.Content("unk_token") ?? end.Content))
        {
            AddedTokens = [.. config.AddedTokens.Concat([start, end]).DistinctBy(token => token.Id)],
            DecoderStyle = DecoderStyle.Trim,
            PrefixIds = [start.Id],
            SuffixIds = [end.Id],
            PadId = pad,
        };
    }

    private static List<(string First, string Second)> ReadMerges(string path)
    {
        var merges = new List<(string First, string Second)>();
        var number = 0;
        foreach (var line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            if (line.Length == 0 || line.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            merges.Add(line.Split(' ') is [{ Length: > 0 } first, { Length: > 0 } second]
                ? (first, second)
                : throw new InvalidDataException($"{path}: line {number} is not two tokens with one blank between them."));
        }

        return merges;
    }
}
