using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Generators.ComfyUI;

/// <summary>An image file on the server.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Folder">The subfolder, or empty.</param>
/// <param name="Kind"><c>output</c> for what a workflow keeps, <c>temp</c> for what it shows, <c>input</c>.</param>
internal sealed record ComfyImage(string Name, string Folder, string Kind)
{
    /// <summary>Path and query of its download.</summary>
    public string ViewPath =>
        $"view?filename={Uri.EscapeDataString(Name)}&subfolder={Uri.EscapeDataString(Folder)}&type={Uri.EscapeDataString(Kind)}";

    /// <summary>The node that wrote it; null if unknown.</summary>
    public string? Node { get; init; }

    private static readonly string[] Endings = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"];

    /// <summary>
    /// The images of a node's output, for custom nodes also in a list of another name than <c>images</c>; none for a node with other outputs. A missing folder
    /// or kind gets its default.
    /// </summary>
    public static IReadOnlyList<ComfyImage> ReadAll(JsonElement output, string? node)
    {
        if (output.ValueKind != JsonValueKind.Object) return [];
        var own = output.TryGetProperty("images", out var images) ? Read(images, node, isOwn: true) : [];
        return own.Count > 0 ? own : [.. output.EnumerateObject().SelectMany(list => Read(list.Value, node, isOwn: false))];
    }

    private static IReadOnlyList<ComfyImage> Read(JsonElement list, string? node, bool isOwn) => list.ValueKind != JsonValueKind.Array ? []
        : [.. list.EnumerateArray()
            .Where(image => Text(image, "filename") is { Length: > 0 } name
                && (isOwn || Array.Exists(Endings, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))))
            .Select(image => new ComfyImage(
                Text(image, "filename")!,
                Text(image, "subfolder") ?? string.Empty,
                Text(image, "type") is { Length: > 0 } kind ? kind : "output") { Node = node })];

    private static string? Text(JsonElement image, string name) =>
        image.ValueKind == JsonValueKind.Object && image.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? JsonText.StringOf(value)
            : null;
}
