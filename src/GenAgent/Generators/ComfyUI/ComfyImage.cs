using System.Text.Json;

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

    /// <summary>The images of a node's output; none for a node with other outputs. A missing folder or kind gets its default.</summary>
    public static IReadOnlyList<ComfyImage> ReadAll(JsonElement output, string? node) =>
        output.ValueKind == JsonValueKind.Object && output.TryGetProperty("images", out var images) && images.ValueKind == JsonValueKind.Array
            ? [.. images.EnumerateArray().Where(image => Text(image, "filename") is { Length: > 0 })
                .Select(image => new ComfyImage(
                    Text(image, "filename")!,
                    Text(image, "subfolder") ?? string.Empty,
                    Text(image, "type") is { Length: > 0 } kind ? kind : "output") { Node = node })]
            : [];

    private static string? Text(JsonElement image, string name) =>
        image.ValueKind == JsonValueKind.Object && image.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
