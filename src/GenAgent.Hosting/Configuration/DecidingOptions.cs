using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Running;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Configuration;

/// <summary>What decides a run's outcomes beside the command's own options: settings of the agent and digests of the models that run in this process.</summary>
public static class DecidingOptions
{
    // The seed is the manifest's own.
    private const string Seed = "Agent:Seed";

    private static readonly string[] OfGenerators = ["Backends:Generator", "Agent:Steps", "Agent:GuidanceScale"];
    private static readonly string[] SectionsOfAgents = [$"{ImageAgentOptions.SectionName}:", $"{BackendOptions.SectionName}:"];

    /// <summary>For a generator that is given prompts as they are.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="generator">The generator.</param>
    /// <returns>Each deciding option's value by its path, and the digest of the model.</returns>
    public static IReadOnlyDictionary<string, string?> OfGenerator(Settings settings, IImageGenerator generator) =>
        Manifest(settings, path => OfGenerators.Contains(path, StringComparer.Ordinal)).WithModel("generator", generator.GetService<ModelSource>()).DecidedBy;

    /// <summary>For an agent, and for the judge that chooses among its images.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="agent">The agent.</param>
    /// <returns>Each deciding option's value by its path, and digests of models by name.</returns>
    public static IReadOnlyDictionary<string, string?> OfAgent(Settings settings, ImageAgent agent)
    {
        string[] sections = settings.Root["Backends:Judge"] is { Length: > 0 } ? [.. SectionsOfAgents, $"{JudgingOptions.SectionName}:"] : SectionsOfAgents;
        return Manifest(
            settings, path => !path.Equals(Seed, StringComparison.Ordinal) && sections.Any(section => path.StartsWith(section, StringComparison.Ordinal)))
            .WithModel("agent", agent.GetService<IChatClient>()?.GetService<ModelSource>()).WithModel("generator", agent.GetService<ModelSource>()).DecidedBy;
    }

    private static RunManifest Manifest(Settings settings, Func<string, bool> decides) =>
        new(
            string.Empty,
            0,
            ShownOption.All(settings).Where(option => option.Value is not null && decides(option.Path))
                .ToDictionary(option => option.Path, option => option.Value, StringComparer.Ordinal));
}
