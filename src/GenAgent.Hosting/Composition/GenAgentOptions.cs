using GenAgent.Agents;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Hosting.Composition;

/// <summary>An agent's options: its backends, how it runs, and how its judge works. Bound from the sections of a <c>genagent.json</c>.</summary>
public sealed class GenAgentOptions
{
    /// <summary>The models, each named by a URI.</summary>
    public BackendOptions Backends { get; set; } = new();

    /// <summary>How the agent runs.</summary>
    public ImageAgentOptions Agent { get; set; } = new();

    /// <summary>How the judge works, if <see cref="BackendOptions.Judge"/> names a chat model.</summary>
    public JudgingOptions Judging { get; set; } = new();

    /// <summary>The options of a configuration that was read.</summary>
    /// <param name="settings">The configuration.</param>
    /// <returns>The options of all sections.</returns>
    public static GenAgentOptions From(Settings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new()
        {
            Backends = settings.Get<BackendOptions>(BackendOptions.SectionName),
            Agent = settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName),
            Judging = settings.Get<JudgingOptions>(JudgingOptions.SectionName),
        };
    }
}
