namespace GenAgent.Server.Protocols;

/// <summary>What a client of another protocol asks for, whichever protocol it speaks. Immutable.</summary>
/// <param name="Prompt">The user's own words.</param>
internal sealed record RunOrder(string Prompt)
{
    /// <summary>Images to edit, as they were sent; empty to make one of words alone.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Images { get; init; } = [];

    /// <summary>How many images are asked for, each from a run of its own.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The root of the seeds; null for a fresh one.</summary>
    public long? Seed { get; init; }

    /// <summary>Width and height in pixels; null for the generator's own.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Rounds with an image; null for the agent's own limit.</summary>
    public int? Rounds { get; init; }

    /// <summary>The configured agent; null for the default.</summary>
    public string? Agent { get; init; }

    /// <summary>The configured generator; null for the agent's own.</summary>
    public string? Generator { get; init; }

    /// <summary>Makes a repeated request find the job of the first; null for none.</summary>
    public string? IdempotencyKey { get; init; }
}
