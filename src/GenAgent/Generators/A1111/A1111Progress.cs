using System.Text.Json;
using GenAgent.Generators.Imaging;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.A1111;

/// <summary>Reads <c>GET progress</c>.</summary>
internal static class A1111Progress
{
    /// <summary>The server's progress. Never decreases, although the server restarts at 0 between two jobs.</summary>
    public static ImageProgress Read(JsonElement root, double last)
    {
        var state = root.GetProperty("state");
        var steps = state.GetProperty("sampling_steps").GetInt32();
        return new ImageProgress(Math.Max(last, Math.Clamp(root.GetProperty("progress").GetDouble(), 0, 1)), steps > 0 ? "sampling" : "queued")
        {
            Step = steps > 0 ? state.GetProperty("sampling_step").GetInt32() : null,
            Steps = steps > 0 ? steps : null,
            Preview = Preview(root),
        };
    }

    private static DataContent? Preview(JsonElement root)
    {
        if (!root.TryGetProperty("current_image", out var image) || image.ValueKind != JsonValueKind.String || !image.TryGetBytesFromBase64(out var bytes))
        {
            return null;
        }

        return ImageHeader.TryRead(bytes, out var header, out _) ? new DataContent(bytes, header.MediaType) : null;
    }
}
