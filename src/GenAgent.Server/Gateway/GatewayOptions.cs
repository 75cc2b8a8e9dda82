using System.ComponentModel.DataAnnotations;

namespace GenAgent.Server.Gateway;

/// <summary>
/// How the recording gateway calls its upstream, and its limits. The section <c>Gateway</c> of a <c>genagent.json</c>; addresses, data folder, keys and
/// the limits of requests and images are those of <see cref="ServerOptions"/>.
/// </summary>
public sealed record GatewayOptions
{
    /// <summary>The section of a configuration that these options are read from.</summary>
    public const string SectionName = "Gateway";

    /// <summary>
    /// The chat model that calls are forwarded to. <c>openai:MODEL@http://HOST/v1</c> is a server, which gets requests as they come (parameter
    /// <c>without</c>: fields that it does not know); every other URI is a chat model of this program.
    /// </summary>
    public string? Upstream { get; set; }

    /// <summary>Seconds that one call may take.</summary>
    [Range(1, 86_400)]
    public double CallSeconds { get; set; } = 600;

    /// <summary>Seconds without a call or a reward after which a rollout ends by itself.</summary>
    [Range(1, 604_800)]
    public double IdleSeconds { get; set; } = 3600;

    /// <summary>The most bytes of an answer of the upstream.</summary>
    [Range(1024, 1 << 30)]
    public int AnswerBytes { get; set; } = 64 << 20;

    /// <summary>The most calls of one rollout.</summary>
    [Range(1, 100_000)]
    public int CallsPerRollout { get; set; } = 1000;

    /// <summary>The most rewards and events of one rollout.</summary>
    [Range(1, 100_000)]
    public int EventsPerRollout { get; set; } = 1000;

    /// <summary>Rollouts that may be open at once.</summary>
    [Range(1, 10_000_000)]
    public int OpenRollouts { get; set; } = 100_000;
}
