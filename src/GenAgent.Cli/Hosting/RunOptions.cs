using System.ComponentModel.DataAnnotations;
using GenAgent.Cli.Screens;

namespace GenAgent.Cli.Hosting;

/// <summary>Where runs are kept, and how they are shown.</summary>
internal sealed record RunOptions
{
    public const string SectionName = "Run";

    /// <summary>The run folder; null for a new one below <c>runs/</c>.</summary>
    public string? Folder { get; init; }

    /// <summary>Prompts of a file that are worked on at once.</summary>
    [Range(1, 4096)]
    public int Concurrency { get; init; } = 4;

    /// <summary>How images are drawn in the terminal.</summary>
    public ImageProtocol Images { get; init; } = ImageProtocol.Auto;
}
