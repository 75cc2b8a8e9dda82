using GenAgent.Agents;
using GenAgent.Models.Http;

namespace GenAgent.Hosting.Configuration;

/// <summary>The sections of the configuration and the records that they are bound to. A part that brings options adds its line here.</summary>
public static class OptionSections
{
    /// <summary>The records by their sections.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } = new Dictionary<string, Type>(StringComparer.OrdinalIgnoreCase)
    {
        [BackendOptions.SectionName] = typeof(BackendOptions),
        [ImageAgentOptions.SectionName] = typeof(ImageAgentOptions),
        [JudgingOptions.SectionName] = typeof(JudgingOptions),
        ["Http"] = typeof(BackendHttpOptions),
    };
}
