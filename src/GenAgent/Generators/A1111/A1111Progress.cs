using System.Text.Json;
using GenAgent.Generators.Imaging;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.A1111;

/// <summary>Reads <c>GET progress</c>.</summary>
internal static class A1111Progress
{
    /// <summary>The server's progress. Never decreases, although the server restarts at 0 between two jobs.</summary>
    public static ImageProgress Read(JsonElement root, double last)
    {
        var state = JsonText.Member(root, "state");
        var steps = (int)Number(state, "sampling_steps");
        return new ImageProgress(Math.Max(last, Math.Clamp(Number(root, "progress"), 0, 1)), steps > 0 ? "sampling" : "queued")
        {
            Step = steps > 0 ? (int)Number(state, "sampling_step") : null,
            Steps = steps > 0 ? steps : null,
            Preview = Preview(root),
        };
    }

    // 0 for whatever is none.
    private static double Number(JsonElement parent, string name) =>
        JsonText.Member(parent, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number)
            ? Math.Clamp(number, 0, int.MaxValue) : 0;

    private static DataContent? Preview(JsonElement root)
    {
        if (!root.TryGetProperty("current_image", out var image) || image.ValueKind != JsonValueKind.String || !image.TryGetBytesFromBase64(out var bytes))
        {
            return null;
        }

        return ImageHeader.TryRead(bytes, out var header, out _) ? new DataContent(bytes, header.MediaType) : null;
    }
}
