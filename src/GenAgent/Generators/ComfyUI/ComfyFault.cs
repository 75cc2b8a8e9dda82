using System.Text.Json;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Storage;

namespace GenAgent.Generators.ComfyUI;

/// <summary>The failure of a node.</summary>
/// <param name="Message">Which node, and what it said.</param>
/// <param name="Type">The error's class on the server.</param>
internal sealed record ComfyFault(string Message, string? Type)
{
    /// <summary>Memory may be available later; any other error of a node repeats with the same request.</summary>
    private bool IsOutOfMemory => Type?.Contains("OutOfMemory", StringComparison.OrdinalIgnoreCase) == true;

    public BackendException ToException(string backend) => IsOutOfMemory
        ? new BackendUnavailableException($"{backend} ran out of memory: {Message}. Ask for a smaller image or a smaller batch.") { Code = Type }
        : new BackendRejectedException($"{backend} could not run the workflow: {Message}") { Code = Type };

    /// <summary>Reads <c>execution_error</c>, of the WebSocket or of the history.</summary>
    public static ComfyFault FromExecution(JsonElement data)
    {
        var (type, said) = (Text(data, "exception_type"), Text(data, "exception_message")?.Trim());
        var told = string.Join(": ", new[] { NodeOf(Text(data, "node_id"), Text(data, "node_type")), type, said }.Where(part => !string.IsNullOrEmpty(part)));
        return new ComfyFault(told.Length > 0 ? told : "the server named neither the node nor the error", type is "" ? null : type);
    }

    /// <summary>Reads the answer to a rejected workflow; null for other answers.</summary>
    public static BackendFault? FromRefusal(byte[] body)
    {
        try
        {
            using var document = LooseJson.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var parts = new[] { Join(error) }.Concat(NodeErrors(root));
            return new BackendFault(string.Join("; ", parts)) { Code = Text(error, "type") };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The errors of each node. They also occur in a successful answer if the server skips one of several outputs.</summary>
    public static IEnumerable<string> NodeErrors(JsonElement root)
    {
        if (!root.TryGetProperty("node_errors", out var nodes) || nodes.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        return nodes.EnumerateObject()
            .SelectMany(node =>
                node.Value.ValueKind == JsonValueKind.Object && node.Value.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray().Select(error => $"{NodeOf(node.Name, Text(node.Value, "class_type"))}: {Join(error)}").ToArray()
            : []).ToArray();
    }

    // Servers and custom nodes leave out either.
    private static string NodeOf(string? id, string? type) =>
        string.IsNullOrEmpty(id) ? string.IsNullOrEmpty(type) ? string.Empty : $"a node of type {type}"
        : string.IsNullOrEmpty(type) ? $"node {id}" : $"node {id} ({type})";

    private static string Join(JsonElement error)
    {
        var (message, details) = (Text(error, "message"), Text(error, "details"));
        return string.IsNullOrEmpty(details) || string.Equals(details, message, StringComparison.Ordinal) ? message ?? string.Empty : $"{message}: {details}";
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value)
            ? value.ValueKind switch { JsonValueKind.String => JsonText.StringOf(value), JsonValueKind.Null => null, _ => value.GetRawText() }
            : null;
}
