using System.Text.Json.Serialization;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.Http;

/// <summary>The body of <c>POST /api/jobs</c>. Unknown members are refused: a misspelt one would be a limit that does not hold.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record JobBody
{
    public JobKind? Kind { get; init; }

    public string? Prompt { get; init; }

    /// <summary>Images as data URLs.</summary>
    public IReadOnlyList<string>? Images { get; init; }

    public int Count { get; init; } = 1;

    public int? Rounds { get; init; }

    public long? Seed { get; init; }

    public JobSize? Size { get; init; }

    public string? Agent { get; init; }

    public string? Generator { get; init; }

    public int Priority { get; init; }

    /// <summary>An address that is called when the job has ended.</summary>
    public string? Webhook { get; init; }

    /// <summary>Seconds.</summary>
    public double? Deadline { get; init; }

    public JobRequest ToRequest()
    {
        var images = (Images ?? []).Select(Decode).ToList();
        return new(Prompt ?? string.Empty)
        {
            Kind = Kind ?? (images.Count > 0 ? JobKind.Edit : JobKind.Generate),
            Images = images,
            Count = Count,
            Rounds = Rounds,
            Seed = Seed,
            Size = Size,
            Agent = Agent,
            Generator = Generator,
            Priority = Priority,
            Webhook = Webhook,
            Deadline = Deadline,
        };
    }

    // An address is not fetched and a path is not read, whatever it names.
    private static ReadOnlyMemory<byte> Decode(string? url) =>
        url?.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase) == true && EncodedImage.TryDecode(url, out var bytes)
            ? bytes
            : throw RefusedException.BadField(
                "images", "An image must be a data URL in base64 (data:image/png;base64,...): addresses and paths are not read.");
}
