using System.Buffers.Binary;
using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Generators.ComfyUI;

/// <summary>A job message of ComfyUI's WebSocket.</summary>
/// <param name="PromptId">The job, or null where the message does not say.</param>
/// <param name="Node">The node, or null.</param>
internal abstract record ComfyFrame(string? PromptId, string? Node)
{
    private const int Preview = 1;
    private const int PreviewWithMetadata = 4;

    /// <summary>Reads a text message; null for other kinds and for unreadable messages.</summary>
    public static ComfyFrame? Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = LooseJson.Parse(text);
            var root = document.RootElement;
            if (!root.TryGetProperty("type", out var type) || !root.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object
                || ComfyJson.Text(data, "prompt_id") is not { } id)
            {
                return null;
            }

            var node = ComfyJson.Text(data, "node") ?? ComfyJson.Text(data, "node_id");
            return type.GetString() switch
            {
                "executing" => node is null ? new ComfyDone(id) : new ComfyRunning(id, node),
                "execution_success" => new ComfyDone(id),
                "execution_cached" => new ComfyCached(id, data.TryGetProperty("nodes", out var nodes) ? nodes.GetArrayLength() : 0),
                "progress" => new ComfyStep(id, node, data.GetProperty("value").GetDouble(), data.GetProperty("max").GetDouble()),
                "executed" => new ComfyOutput(id, node, data.TryGetProperty("output", out var output) ? ComfyImage.ReadAll(output, node) : []),
                "execution_error" => new ComfyFailed(id, node, ComfyFault.FromExecution(data)),
                "execution_interrupted" => new ComfyInterrupted(id, node),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Reads a binary message: an image, as a preview or from a node that saves to the socket; null for other kinds.</summary>
    public static ComfyFrame? ReadBinary(ReadOnlyMemory<byte> message)
    {
        if (message.Length < 8)
        {
            return null;
        }

        var kind = BinaryPrimitives.ReadInt32BigEndian(message.Span);
        var second = BinaryPrimitives.ReadInt32BigEndian(message.Span[4..]);
        if (kind == Preview)
        {
            return new ComfyPicture(PromptId: null, Node: null, message[8..].ToArray());
        }

        if (kind != PreviewWithMetadata || second < 0 || second > message.Length - 8)
        {
            return null;
        }

        try
        {
            using var document = LooseJson.Parse(message.Slice(8, second));
            var (prompt, node) = (ComfyJson.Text(document.RootElement, "prompt_id"), ComfyJson.Text(document.RootElement, "node_id"));
            return new ComfyPicture(prompt, node, message[(8 + second)..].ToArray());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

internal sealed record ComfyRunning(string? PromptId, string? Node) : ComfyFrame(PromptId, Node);

internal sealed record ComfyCached(string? PromptId, int Nodes) : ComfyFrame(PromptId, Node: null);

internal sealed record ComfyStep(string? PromptId, string? Node, double Value, double Max) : ComfyFrame(PromptId, Node);

internal sealed record ComfyOutput(string? PromptId, string? Node, IReadOnlyList<ComfyImage> Images) : ComfyFrame(PromptId, Node);

internal sealed record ComfyPicture(string? PromptId, string? Node, byte[] Bytes) : ComfyFrame(PromptId, Node);

internal sealed record ComfyDone(string? PromptId) : ComfyFrame(PromptId, Node: null);

internal sealed record ComfyInterrupted(string? PromptId, string? Node) : ComfyFrame(PromptId, Node);

internal sealed record ComfyFailed(string? PromptId, string? Node, ComfyFault Fault) : ComfyFrame(PromptId, Node);
