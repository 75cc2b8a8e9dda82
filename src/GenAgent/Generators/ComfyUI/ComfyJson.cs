using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Generators.ComfyUI;

/// <summary>Reads members of ComfyUI's answers.</summary>
internal static class ComfyJson
{
    /// <summary>A member's text. Ids are strings, or numbers if a program generated them; null for anything else, and where it is missing.</summary>
    public static string? Text(JsonElement parent, string name)
    {
        var value = JsonText.Member(parent, name);
        return value.ValueKind switch
        {
            JsonValueKind.String => JsonText.StringOf(value),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
    }
}
