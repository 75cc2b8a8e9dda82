using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Generators.ComfyUI;

/// <summary>Reads a job's entry in <c>/history</c>: used to detect its end if the WebSocket failed.</summary>
internal static class ComfyHistory
{
    /// <summary>The job's result; null while it runs.</summary>
    public static ComfyEnd? Read(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object) return null;
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

        // An entry is written when the job ends; very old servers omit the status.
        var status = JsonText.Member(entry, "status");
        return ComfyJson.Text(status, "status_str") is "error"
                ? new ComfyEnd([], [], ComfyFault.FromExecution(status), IsInterrupted: false)
            : JsonText.Member(status, "completed").ValueKind == JsonValueKind.False
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
