using System.Text.Json;

namespace GenAgent.Generators.ComfyUI;

/// <summary>An image that a node has written on the server.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Folder">The folder below the place of its kind, or empty.</param>
/// <param name="Kind"><c>output</c> for what a workflow keeps, <c>temp</c> for what it shows, <c>input</c>.</param>
internal sealed record ComfyImage(string Name, string Folder, string Kind)
{
    /// <summary>Path and query that hand it out.</summary>
    public string ViewPath =>
        $"view?filename={Uri.EscapeDataString(Name)}&subfolder={Uri.EscapeDataString(Folder)}&type={Uri.EscapeDataString(Kind)}";

    /// <summary>The images of one node's output; none for a node that makes something else.</summary>
    public static IReadOnlyList<ComfyImage> ReadAll(JsonElement output) =>
        output.ValueKind == JsonValueKind.Object && output.TryGetProperty("images", out var images) && images.ValueKind == JsonValueKind.Array
            ? [.. images.EnumerateArray().Select(image => new ComfyImage(Text(image, "filename"), Text(image, "subfolder"), Text(image, "type")))]
            : [];

    private static string Text(JsonElement image, string name) => image.GetProperty(name).GetString() ?? string.Empty;
}
