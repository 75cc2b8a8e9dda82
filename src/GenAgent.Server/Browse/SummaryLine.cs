using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Protocol;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>The members of a trajectory's line that a list shows. Reading these alone passes over token traces and instructions.</summary>
internal sealed record SummaryLine(string Id, string Prompt, DateTimeOffset StartedAt, SummaryModel Model, SummaryModel Generator)
{
    public int Schema { get; init; }

    public SummaryTask? Task { get; init; }

    public IReadOnlyList<SummaryImage> OriginalImages { get; init; } = [];

    public IReadOnlyList<SummaryRound> Rounds { get; init; } = [];

    public SummaryAnswer? Answer { get; init; }

    public StopReason StopReason { get; init; }

    public IReadOnlyDictionary<string, double>? Scores { get; init; }

    public IReadOnlyDictionary<string, double>? Rewards { get; init; }

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Reads a line; older schemas by way of the whole trajectory.</summary>
    /// <exception cref="InvalidDataException">It is no trajectory.</exception>
    public static SummaryLine Read(ReadOnlySpan<byte> line)
    {
        try
        {
            var read = JsonSerializer.Deserialize<SummaryLine>(line, Json) ?? throw new InvalidDataException("The line is null, and no trajectory.");
            if (read.Schema == TrajectoryJson.Schema && read is { Id: not null, Prompt: not null, Model: not null, Generator: not null }) return read;
        }
        catch (JsonException)
        {
            // The reader of trajectories says what is wrong.
        }

        return JsonSerializer.Deserialize<SummaryLine>(TrajectoryJson.Write(TrajectoryJson.Read(line)).Span, Json)!;
    }
}

/// <summary>A model's name.</summary>
internal sealed record SummaryModel(string Name);

/// <summary>Where a prompt comes from.</summary>
internal sealed record SummaryTask(string? PromptId, string? Category);

/// <summary>An image by its content.</summary>
internal sealed record SummaryImage(string Id, string MediaType, int Width, int Height);

/// <summary>A turn.</summary>
internal sealed record SummaryRound
{
    public IReadOnlyList<SummaryImage> Images { get; init; } = [];

    public SummaryVerdict? Judgment { get; init; }

    public IReadOnlyList<SummaryOutside> Judgments { get; init; } = [];

    public IReadOnlyList<JsonElement> Faults { get; init; } = [];
}

/// <summary>The agent's own verdict.</summary>
internal sealed record SummaryVerdict(Verdict Verdict);

/// <summary>An outside judge's verdict.</summary>
internal sealed record SummaryOutside(int Candidate, bool? Passed, double? Value);

/// <summary>The image that the run returned.</summary>
internal sealed record SummaryAnswer(string ImageId);
