using System.Text.Json;

namespace GenAgent.Generators.ComfyUI;

/// <summary>Reads a job's entry in <c>/history</c>: the way to learn of its end when the WebSocket did not tell.</summary>
internal static class ComfyHistory
{
    /// <summary>How the job ended, or null while it has not.</summary>
    public static ComfyEnd? Read(JsonElement entry)
    {
        foreach (var (kind, data) in Messages(entry))
        {
            if (kind is "execution_error")
            {
                return new ComfyEnd([], [], ComfyFault.FromExecution(data), IsInterrupted: false);
            }

            if (kind is "execution_interrupted")
            {
                return new ComfyEnd([], [], Fault: null, IsInterrupted: true);
            }
        }

        // An entry is written when the job has ended; very old servers write no status beside it.
        return entry.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Object
            && status.TryGetProperty("completed", out var completed) && completed.ValueKind == JsonValueKind.False
            ? null
            : new ComfyEnd(Images(entry), [], Fault: null, IsInterrupted: false);
    }

    private static ComfyImage[] Images(JsonElement entry) =>
        entry.TryGetProperty("outputs", out var outputs) && outputs.ValueKind == JsonValueKind.Object
            ? [.. outputs.EnumerateObject().SelectMany(node => ComfyImage.ReadAll(node.Value, node.Name))]
            : [];

    private static IEnumerable<(string? Kind, JsonElement Data)> Messages(JsonElement entry) =>
        entry.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Object
        && status.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array
            ? messages.EnumerateArray().Where(message => message.ValueKind == JsonValueKind.Array && message.GetArrayLength() == 2)
                .Select(message => (message[0].ValueKind == JsonValueKind.String ? message[0].GetString() : null, message[1]))
            : [];
}
