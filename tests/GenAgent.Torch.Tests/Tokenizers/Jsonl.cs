using System.Text.Json;
using GenAgent.TestKit.Golden;

namespace GenAgent.Torch.Tests.Tokenizers;

/// <summary>Members of recorded rows of ids and texts.</summary>
internal static class Jsonl
{
    public static List<int> Ids(this JsonElement row, string name) => [.. row.Need(name).EnumerateArray().Select(id => id.GetInt32())];

    public static string Text(this JsonElement row, string name) => row.Need(name).GetString()!;

    public static bool Has(this JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>What a row is called in messages.</summary>
    public static string Id(this JsonElement row) => row.Find("id") is { ValueKind: JsonValueKind.String } id ? id.GetString()! : row.GetRawText();
}
