using GenAgent.Torch.Tokenizers.Formats;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Tokenizers;

/// <summary>Opens tokenizers as they are published: <c>tokenizer.json</c>, <c>vocab.json</c> + <c>merges.txt</c>, <c>spiece.model</c>.</summary>
public static class TokenizerLoader
{
    private const string JsonName = "tokenizer.json";
    private const string VocabularyName = "vocab.json";
    private const string MergesName = "merges.txt";

    private static readonly string[] SentencePieceNames = ["spiece.model", "tokenizer.model"];

    /// <summary>Opens a folder or a file; in a folder, <c>tokenizer.json</c> is preferred, as the reference does.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="InvalidDataException">A file breaks its format or uses a part that is not known here; says where.</exception>
    /// <exception cref="FileNotFoundException">There is no tokenizer at the path.</exception>
    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return LoadFolder(path);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file or folder.", path);
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Path.GetExtension(path) switch
        {
            ".model" => new Tokenizer(SentencePieceModel.Read(ModelFile.Read(path), path, new TokenizerConfig())),
            _ when string.Equals(Path.GetFileName(path), VocabularyName, StringComparison.Ordinal) => LoadVocabulary(folder),
            _ => LoadJson(path, folder),
        };
    }

    private static Tokenizer LoadFolder(string folder)
    {
        if (File.Exists(Path.Combine(folder, JsonName)))
        {
            return LoadJson(Path.Combine(folder, JsonName), folder);
        }

        if (File.Exists(Path.Combine(folder, VocabularyName)))
        {
            return LoadVocabulary(folder);
        }

        foreach (var name in SentencePieceNames)
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return new Tokenizer(SentencePieceModel.Read(ModelFile.Read(path), path, TokenizerConfig.Read(folder)));
            }
        }

        throw new FileNotFoundException($"{folder}: it holds none of {JsonName}, {VocabularyName} and {string.Join(", ", SentencePieceNames)}.", folder);
    }

    private static Tokenizer LoadJson(string path, string folder)
    {
        var parts = TokenizerJson.Read(JsonSection.Read(path));
        var tokenizer = new Tokenizer(parts);
        if (parts.PadId is null && TokenizerConfig.Read(folder).Content("pad_token") is { } pad && tokenizer.TryGetId(pad, out var id))
        {
            tokenizer = new Tokenizer(parts with { PadId = id });
        }

        return tokenizer;
    }

    private static Tokenizer LoadVocabulary(string folder) =>
        new(VocabularyFiles.Read(Path.Combine(folder, VocabularyName), Path.Combine(folder, MergesName), TokenizerConfig.Read(folder)));
}
