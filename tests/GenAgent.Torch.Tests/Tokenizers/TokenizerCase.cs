using System.Text.Json;
using GenAgent.TestKit.Golden;

namespace GenAgent.Torch.Tests.Tokenizers;

/// <summary>A recorded file of texts and ids, and the folder of the tokenizer that made them.</summary>
/// <param name="Path">The recording.</param>
/// <param name="Tokenizer">Beside the recording, or the repository's own of that kind.</param>
internal sealed record TokenizerCase(string Path, string Tokenizer)
{
    private static readonly Dictionary<string, string[]> Marks = new(StringComparer.Ordinal)
    {
        ["clip"] = ["vocab.json"],
        ["t5"] = ["spiece.model"],
        ["qwen2_5"] = ["tokenizer.json"],
    };

    /// <summary>All recordings of a name and kind under the golden root; the default root must have some.</summary>
    public static IReadOnlyList<TokenizerCase> Find(string kind, string file)
    {
        var found = GoldenRoot.Files(file)
            .Where(path => string.Equals(KindOf(System.IO.Path.GetDirectoryName(path)!), kind, StringComparison.Ordinal))
            .Select(path => new TokenizerCase(path, HomeOf(kind, System.IO.Path.GetDirectoryName(path)!)))
            .ToList();
        if (GoldenRoot.IsDefault)
        {
            found.ShouldNotBeEmpty($"tests/golden must hold {file} for {kind}");
        }

        return found;
    }

    public static string HomeOf(string kind, string folder) =>
        Marks[kind].All(mark => File.Exists(System.IO.Path.Combine(folder, mark)))
            ? folder
            : System.IO.Path.Combine(GoldenRoot.Repository, "tokenizers", kind);

    public IEnumerable<JsonElement> Rows() => Recorded.JsonLines(Path);

    // By the folder's name, as in tests/golden; another name is told by its files.
    private static string? KindOf(string folder)
    {
        var name = System.IO.Path.GetFileName(folder);
        return Marks.Keys.FirstOrDefault(kind => name.StartsWith(kind, StringComparison.OrdinalIgnoreCase))
            ?? Marks.Keys.FirstOrDefault(kind => Marks[kind].All(mark => File.Exists(System.IO.Path.Combine(folder, mark))));
    }
}
