using System.Text.Json;

namespace GenAgent.Torch.Tests.Tokenizers;

/// <summary>Reads golden JSON Lines beside a tokenizer's files.</summary>
internal static class Jsonl
{
    public static IEnumerable<JsonElement> Read(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }

    public static List<int> Ids(this JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    public static string Text(this JsonElement row, string name) => row.GetProperty(name).GetString()!;

    public static bool Has(this JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;
}
