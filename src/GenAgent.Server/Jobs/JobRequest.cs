using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Server.Jobs;

/// <summary>What a job is to do. Immutable. Backends are named by configured names alone: no address or path of a request reaches one.</summary>
/// <param name="Prompt">The user's own words.</param>
internal sealed record JobRequest(string Prompt)
{
    public JobKind Kind { get; init; }

    /// <summary>The images to start from, as they were sent. <see cref="IJobs.SubmitAsync"/> decodes them and encodes them anew.</summary>
    [JsonIgnore]
    public IReadOnlyList<ReadOnlyMemory<byte>> Images { get; init; } = [];

    /// <summary>How many runs.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Rounds with an image; null for the agent's own limit.</summary>
    public int? Rounds { get; init; }

    /// <summary>The root seed; null for a fresh one.</summary>
    public long? Seed { get; init; }

    /// <summary>The images' size; null for the generator's own.</summary>
    public JobSize? Size { get; init; }

    /// <summary>A configured agent; null for the default.</summary>
    public string? Agent { get; init; }

    /// <summary>A configured generator; null for the default.</summary>
    public string? Generator { get; init; }

    /// <summary>Higher ones run first, in [-100, 100].</summary>
    public int Priority { get; init; }

    /// <summary>The API key's id; null without authentication.</summary>
    public string? Owner { get; init; }

    /// <summary>Finds the job of an earlier request of the same owner; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Who is told of the end; null for nobody.</summary>
    public string? Webhook { get; init; }

    /// <summary>Seconds after which the job fails; null for the server's limit.</summary>
    public double? Deadline { get; init; }

    /// <summary>What the protocol that submitted the job keeps with it; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Attached { get; init; }

    /// <summary>The turn of a stored trajectory that the run goes on from; null for a run from the beginning.</summary>
    public RerunPoint? From { get; init; }
}

/// <summary>What a job makes its images of.</summary>
internal enum JobKind
{
    /// <summary>Of words.</summary>
    Generate,

    /// <summary>Of words and images.</summary>
    Edit,
}

/// <summary>A size in pixels.</summary>
internal sealed record JobSize(int Width, int Height);

/// <summary>A place in a stored trajectory.</summary>
/// <param name="Trajectory">The trajectory's id.</param>
/// <param name="Turn">The first turn that the model makes anew, from 0.</param>
internal sealed record RerunPoint(string Trajectory, int Turn);
