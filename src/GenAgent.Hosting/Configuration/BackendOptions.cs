namespace GenAgent.Hosting.Configuration;

/// <summary>Which models do the work; each is named by a URI.</summary>
internal sealed record BackendOptions
{
    public const string SectionName = "Backends";

    /// <summary>The agent's model.</summary>
    public string Agent { get; init; } = "micro";

    /// <summary>The image generator.</summary>
    public string Generator { get; init; } = "micro";

    /// <summary>The model that judges candidates and the final image; null for the agent's own verdict alone.</summary>
    public string? Judge { get; init; }
}
