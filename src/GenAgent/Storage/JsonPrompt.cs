using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace GenAgent.Storage;

/// <summary>The prompt of a record of a data set: <c>prompt</c> (WISE writes <c>Prompt</c>), or the record itself where it is a text.</summary>
public static class JsonPrompt
{
    private const string Name = "prompt";

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

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? JsonText.StringOf(value) : null;
}
