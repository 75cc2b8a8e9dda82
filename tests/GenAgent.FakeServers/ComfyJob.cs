using System.Text.Json.Nodes;
using SkiaSharp;

namespace GenAgent.FakeServers;

/// <summary>A workflow on its way: what was asked for, how far it is, and the image that came of it.</summary>
internal sealed class ComfyJob(string id, int number, string clientId, JsonObject workflow)
{
    private static readonly string[] SeedNames = ["seed", "noise_seed"];

    public string Id => id;

    public int Number => number;

    public string ClientId => clientId;

    public volatile bool IsRunning;

    public volatile bool IsInterrupted;

    public volatile bool IsDone;

    public byte[] Png { get; private set; } = [];

    public string OutputNode { get; } = workflow.First(node =>
        node.Value!["class_type"]!.GetValue<string>() is "SaveImage" or "PreviewImage" or "SaveImageWebsocket").Key;

    public void Finish()
    {
        if (!IsInterrupted)
        {
            Png = Paint();
        }

        IsDone = true;
    }

    public JsonObject Output() =>
        new() { ["images"] = new JsonArray(new JsonObject { ["filename"] = $"{id}.png", ["subfolder"] = string.Empty, ["type"] = "output" }) };

    public JsonArray QueueEntry() => new(number, id, new JsonObject(), new JsonObject(), new JsonArray());

    public JsonObject History() => new()
    {
        ["outputs"] = IsInterrupted ? [] : new JsonObject { [OutputNode] = Output() },
        ["status"] = new JsonObject
        {
            ["status_str"] = IsInterrupted ? "error" : "success",
            ["completed"] = !IsInterrupted,
            ["messages"] = IsInterrupted ? new JsonArray(new JsonArray("execution_interrupted", new JsonObject())) : new JsonArray(),
        },
    };

    private byte[] Paint()
    {
        var seed = Numbers(SeedNames).FirstOrDefault();
        var (width, height) = ((int)Numbers("width").DefaultIfEmpty(64).First(), (int)Numbers("height").DefaultIfEmpty(64).First());
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(new SKColor((byte)seed, (byte)(seed >> 8), (byte)(seed >> 16)));
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private IEnumerable<long> Numbers(params string[] names) =>
        from node in workflow
        from input in node.Value!["inputs"]!.AsObject()
        where names.Contains(input.Key) && input.Value is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.Number
        select input.Value!.GetValue<long>();
}
