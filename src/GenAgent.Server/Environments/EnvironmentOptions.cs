using System.ComponentModel.DataAnnotations;

namespace GenAgent.Server.Environments;

/// <summary>
/// The agent's loop as an environment for others' trainers: tasks, rewards and limits. The section <c>Environment</c> of a <c>genagent.json</c>; addresses,
/// data folder, keys and the limits of requests are those of <see cref="ServerOptions"/>.
/// </summary>
public sealed record EnvironmentOptions
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Environment";

    /// <summary>A file of prompts: an episode whose reset names none takes the one at its seed, modulo their number. Null for no such file.</summary>
    public string? Prompts { get; set; }

    /// <summary>What a final image that passes earns.</summary>
    [Range(-1000.0, 1000.0)]
    public double PassReward { get; set; } = 0.7;

    /// <summary>What an episode earns in which a turn broke the grammar, or a call its tool's schema.</summary>
    [Range(-1000.0, 1000.0)]
    public double FaultReward { get; set; } = -0.2;

    /// <summary>Episodes that run at once; beyond, a reset is refused with 503.</summary>
    [Range(1, 100_000)]
    public int Sessions { get; set; } = 256;

    /// <summary>Seconds without a step after which an episode is dropped.</summary>
    [Range(1, 86_400)]
    public double SessionSeconds { get; set; } = 900;

    /// <summary>Seconds that one step may take, image and judgment included.</summary>
    [Range(1, 86_400)]
    public double StepSeconds { get; set; } = 300;

    /// <summary>The most characters of an action.</summary>
    [Range(100, 10_000_000)]
    public int ActionCharacters { get; set; } = 200_000;
}
