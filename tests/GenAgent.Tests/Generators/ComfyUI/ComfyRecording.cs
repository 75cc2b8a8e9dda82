using System.Buffers.Binary;
using System.Text.Json.Nodes;
using System.Web;
using GenAgent.Tests.Models.Http;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>A job as a real ComfyUI was recorded to do it.</summary>
/// <param name="Name">Where it is recorded.</param>
/// <param name="PromptId">The server's id of it.</param>
/// <param name="Body">The request that queued it.</param>
/// <param name="Post">That request and its answer.</param>
/// <param name="Frames">What the client's socket told, up to the job's end, or until the socket broke.</param>
/// <param name="LaterFrames">What was told after the client had connected anew.</param>
/// <param name="End">How the job ended.</param>
/// <param name="Others">All requests of the recording.</param>
internal sealed record RecordedJob(
    string Name, string PromptId, JsonObject Body, Exchange Post, IReadOnlyList<SocketFrame> Frames, IReadOnlyList<SocketFrame> LaterFrames, RecordedEnd End,
    IReadOnlyList<Exchange> Others)
{
    public JsonObject Workflow => Body["prompt"]!.AsObject();

    /// <summary>True where the socket broke before the job's end.</summary>
    public bool LosesSocket => !Frames.Any(frame => RecordedEnd.Of(frame, PromptId) is not null);

    /// <summary>The answer of <c>/history</c> that tells the job's end, or null where the recorder did not ask.</summary>
    public Exchange? History => Others.FirstOrDefault(exchange => RecordedEnd.OfHistory(exchange, PromptId) is not null);

    /// <summary>All jobs of a recording that a client with a socket queued and whose end is recorded: by a frame, or in the history.</summary>
    public static IEnumerable<RecordedJob> Read(string file)
    {
        var rows = Recording.Read(file).ToArray();
        var exchanges = rows.Select(row => Exchange.Find(row, Recording.NameOf(file))).OfType<Exchange>().ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            if (Exchange.Find(rows[i], Recording.NameOf(file)) is not { Path: "/prompt", Status: 200 } post
                || post.RequestJson() is not { } body || body["client_id"]?.GetValue<string>() is not { } client
                || JsonNode.Parse(post.Body)?["prompt_id"]?.GetValue<string>() is not { } id)
            {
                continue;
            }

            var opened = Enumerable.Range(0, rows.Length).Where(row => IsOpening(rows[row], client)).ToArray();
            if (opened.LastOrDefault(row => row < i, -1) is not (>= 0 and var first)) continue;
            var frames = FramesOf(rows, first, i);
            var later = opened.Where(row => row > i).SelectMany(row => FramesOf(rows, row, row)).ToArray();
            var end = Array.FindIndex(frames, frame => RecordedEnd.Of(frame, id) is not null);
            if ((end >= 0
                ? RecordedEnd.Of(frames[end], id)
                : later.Select(frame => RecordedEnd.Of(frame, id)).Concat(exchanges.Select(exchange => RecordedEnd.OfHistory(exchange, id)))
                    .FirstOrDefault(told => told is not null)) is { } told)
            {
                yield return new(
                    $"{Recording.NameOf(file)} row {i} job {id[..Math.Min(8, id.Length)]}",
                    id,
                    body,
                    post,
                    end >= 0 ? frames[..(end + 1)] : frames,
                    later,
                    told,
                    exchanges);
            }
        }
    }

    private static bool IsOpening(JsonObject row, string client) =>
        row["ws"]?["event"]?.GetValue<string>() == "open"
            && row["ws"]!["path"]?.GetValue<string>().EndsWith($"clientId={client}", StringComparison.Ordinal) == true;

    // What one connection tells from a row on, until it closes or its letter is used for another.
    private static SocketFrame[] FramesOf(JsonObject[] rows, int opening, int from)
    {
        var socket = rows[opening]["ws"]!["socket"]!.GetValue<string>();
        return [.. rows.Skip(opening + 1).Where(row => row["ws"]?["socket"]?.GetValue<string>() == socket)
            .TakeWhile(row => row["ws"]!["event"]!.GetValue<string>() is not ("open" or "close"))
            .Where(row => Array.IndexOf(rows, row) >= from).Select(row => SocketFrame.Read(row["ws"]!)).OfType<SocketFrame>()];
    }

    /// <summary>Whether an image that the job made was recorded.</summary>
    public bool TellsImages => WrittenImages().Count > 0 || SentImages().Count > 0;

    /// <summary>Names of the images that each of the job's nodes told to have written, by node: those that are kept, else those that are shown.</summary>
    public IReadOnlyList<string[]> WrittenImages()
    {
        var images = Frames.Concat(LaterFrames).Where(frame => frame.Is("executed", PromptId))
            .SelectMany(frame => (frame.Json!["data"]!["output"]?["images"]?.AsArray() ?? []).Select(
                image => (Node: frame.Json["data"]!["node"]!.GetValue<string>(), Image: image!)))
            .ToArray();
        var kept = images.Where(image => image.Image["type"]?.GetValue<string>() is null or "output").ToArray();
        return [.. (kept.Length > 0 ? kept : images).GroupBy(image => image.Node)
            .Select(node => node.Select(image => image.Image["filename"]!.GetValue<string>()).ToArray())];
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
        var nodes = Workflow.Where(node => node.Value!["class_type"]!.GetValue<string>() == "SaveImageWebsocket").Select(node => node.Key)
            .ToHashSet(StringComparer.Ordinal);
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
