using System.Buffers.Binary;
using System.Text.Json.Nodes;
using System.Web;
using GenAgent.Tests.Models.Http;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>A job as a real ComfyUI was recorded to do it.</summary>
internal sealed record RecordedJob(string Name, string PromptId, JsonObject Body, Exchange Post, IReadOnlyList<SocketFrame> Frames, IReadOnlyList<Exchange> Others)
{
    public JsonObject Workflow => Body["prompt"]!.AsObject();

    /// <summary>All jobs of a recording that were run to their end under the eyes of a socket.</summary>
    public static IEnumerable<RecordedJob> Read(string file)
    {
        var rows = Recording.Read(file).ToArray();
        var exchanges = rows.Where(row => row.ContainsKey("request")).Select(row => Exchange.Read(row, Recording.NameOf(file))).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            if (rows[i]["request"] is not JsonObject request || request["path"]!.GetValue<string>() != "/prompt" || rows[i]["response"]!["status"]!.GetValue<int>() != 200)
            {
                continue;
            }

            var post = Exchange.Read(rows[i], Recording.NameOf(file));
            if (post.RequestJson() is not { } body || body["client_id"]?.GetValue<string>() is not { } client)
            {
                continue;
            }

            var id = JsonNode.Parse(post.Body)!["prompt_id"]!.GetValue<string>();
            var socket = rows.Take(i).LastOrDefault(row => row["ws"]?["event"]?.GetValue<string>() == "open" && row["ws"]!["path"]!.GetValue<string>().EndsWith($"clientId={client}", StringComparison.Ordinal))?["ws"]!["socket"]!.GetValue<string>();
            var frames = rows.Skip(i).Where(row => row["ws"]?["socket"]?.GetValue<string>() == socket).Select(row => SocketFrame.Read(row["ws"]!)).OfType<SocketFrame>().ToArray();
            var end = Array.FindIndex(frames, frame => frame.Is("execution_success", id));
            if (socket is not null && end >= 0)
            {
                yield return new($"{Recording.NameOf(file)} job {id[..8]}", id, body, post, frames[..(end + 1)], exchanges);
            }
        }
    }

    /// <summary>Names of the images that each of the job's nodes told to have written, by node: those that are kept, else those that are shown.</summary>
    public IReadOnlyList<string[]> WrittenImages()
    {
        var images = Frames.Where(frame => frame.Is("executed", PromptId))
            .SelectMany(frame => (frame.Json!["data"]!["output"]!["images"]?.AsArray() ?? []).Select(image => (Node: frame.Json["data"]!["node"]!.GetValue<string>(), Image: image!)))
            .ToArray();
        var kept = images.Where(image => image.Image["type"]!.GetValue<string>() == "output").ToArray();
        return [.. (kept.Length > 0 ? kept : images).GroupBy(image => image.Node).Select(node => node.Select(image => image.Image["filename"]!.GetValue<string>()).ToArray())];
    }

    /// <summary>The bytes that the server gave for a written image, or null where the recorder did not ask.</summary>
    public byte[]? View(string name) => Others.FirstOrDefault(exchange =>
    {
        var at = exchange.Path.IndexOf('?', StringComparison.Ordinal);
        var query = HttpUtility.ParseQueryString(at < 0 ? string.Empty : exchange.Path[at..]);
        return exchange.Path.StartsWith("/view?", StringComparison.Ordinal) && exchange.Method == "GET" && exchange.Status == 200
            && query["filename"] == name && query["preview"] is null && query["channel"] is null;
    })?.Body;

    /// <summary>Images that a node sent over the socket as the job's result.</summary>
    public IReadOnlyList<byte[]> SentImages()
    {
        var nodes = Workflow.Where(node => node.Value!["class_type"]!.GetValue<string>() == "SaveImageWebsocket").Select(node => node.Key).ToHashSet(StringComparer.Ordinal);
        string? running = null;
        var images = new List<byte[]>();
        foreach (var frame in Frames)
        {
            running = frame.Is("executing", PromptId) ? frame.Json!["data"]!["node"]?.GetValue<string>() : running;
            if (frame.Binary is { } binary && running is not null && nodes.Contains(running))
            {
                var head = BinaryPrimitives.ReadInt32BigEndian(binary) == 1 ? 8 : 8 + BinaryPrimitives.ReadInt32BigEndian(binary.AsSpan(4));
                images.Add(binary[head..]);
            }
        }

        return images;
    }
}

internal sealed record SocketFrame(string? Text, byte[]? Binary)
{
    public JsonNode? Json => Text is null ? null : JsonNode.Parse(Text);

    public static SocketFrame? Read(JsonNode row) => row["event"]!.GetValue<string>() switch
    {
        "text" => new(row["text"]!.GetValue<string>(), null),
        "binary" => new(null, Convert.FromBase64String(row["base64"]!.GetValue<string>())),
        _ => null,
    };

    public bool Is(string type, string promptId) =>
        Json?["type"]?.GetValue<string>() == type && Json["data"]?["prompt_id"]?.GetValue<string>() == promptId;
}
