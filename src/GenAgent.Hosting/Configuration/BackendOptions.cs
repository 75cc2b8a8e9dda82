namespace GenAgent.Hosting.Configuration;

/// <summary>Which models do the work; each is named by a URI.</summary>
public sealed record BackendOptions
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Backends";

    /// <summary>The agent's model.</summary>
    public string Agent { get; set; } = "micro";

    /// <summary>The image generator.</summary>
    public string Generator { get; set; } = "micro";

    /// <summary>
    /// Further tools by name, each the URI of an image generator: one whose name begins with <c>edit</c> changes an earlier image (<c>edit_image</c> is the
    /// dialect's own editor), any other is a further generator for the model to choose.
    /// </summary>
    public IDictionary<string, string> Tools { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The model that judges candidates and the final image; null for the agent's own verdict alone.</summary>
    public string? Judge { get; set; }
}
