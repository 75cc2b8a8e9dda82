using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace GenAgent.Storage;

/// <summary>The prompt of a record of a data set: <c>prompt</c> (WISE writes <c>Prompt</c>), or the record itself where it is a text.</summary>
public static class JsonPrompt
{
    private const string Name = "prompt";

    private static readonly string[] Tables = [".csv", ".tsv", ".parquet", ".xls", ".xlsx", ".ods"];

    /// <summary>The prompt; null where the record has none.</summary>
    /// <param name="record">A JSON object.</param>
    /// <returns>The prompt, or null.</returns>
    public static string? Of(JsonElement record) => record.ValueKind switch
    {
        JsonValueKind.String => JsonText.StringOf(record),
        JsonValueKind.Object when JsonText.Member(record, Name) is { ValueKind: not JsonValueKind.Undefined } exact => Text(exact),
        JsonValueKind.Object => record.EnumerateObject()
            .Where(member => Ascii.EqualsIgnoreCase(JsonMarshal.GetRawUtf8PropertyName(member), Name)).Select(member => Text(member.Value)).FirstOrDefault(),
        _ => null,
    };

    /// <summary>Whether a line of a text stands for a record: it begins as a JSON object with a name in quotes does.</summary>
    /// <param name="line">The line.</param>
    /// <returns>False for words, also in braces.</returns>
    public static bool IsRecord(string line) => line is ['{', ..] && line.AsSpan(1).TrimStart() is ['"', ..];

    /// <summary>Whether a file holds a record a line, by its name.</summary>
    /// <param name="path">The file.</param>
    /// <returns>True for JSON Lines.</returns>
    public static bool IsRecordFile(string path) => Path.GetExtension(path) is var extension
        && (extension.Equals(".jsonl", StringComparison.OrdinalIgnoreCase) || extension.Equals(".ndjson", StringComparison.OrdinalIgnoreCase));

    /// <summary>Refuses a file of a kind that nobody reads prompts from.</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <exception cref="InvalidDataException">It is a table.</exception>
    public static void RefuseTable(string file)
    {
        if (Tables.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            throw new InvalidDataException($"{file}: tables are not read; write one prompt a line (.txt), or records with a text \"prompt\" (.json, .jsonl).");
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? JsonText.StringOf(value) : null;
}
