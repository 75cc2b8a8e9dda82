using GenAgent.Agents;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Evaluations;

/// <summary>What decides an evaluation's results beside its own options: settings of the agent and digests of the models that run in this process.</summary>
internal static class DecidingSettings
{
    private static readonly string[] OfGenerators = ["Backends:Generator", "Agent:Steps", "Agent:GuidanceScale"];
    private static readonly string[] SectionsOfAgents = ["Agent:", "Backends:"];

    public static IReadOnlyDictionary<string, string?> OfGenerator(Settings settings, IImageGenerator generator) =>
        With(Options(settings, path => OfGenerators.Contains(path, StringComparer.Ordinal)), ("models/generator", generator.GetService<ModelSource>()));

    public static IReadOnlyDictionary<string, string?> OfAgent(Settings settings, ImageAgent agent)
    {
        // A judge chooses among candidates and attempts.
        string[] sections = settings.Root["Backends:Judge"] is { Length: > 0 } ? [.. SectionsOfAgents, "Judging:"] : SectionsOfAgents;
        var options = Options(settings, path => !path.Equals("Agent:Seed", StringComparison.Ordinal) && sections.Any(s => path.StartsWith(s, StringComparison.Ordinal)));
        return With(options, ("models/agent", agent.GetService<IChatClient>()?.GetService<ModelSource>()), ("models/generator", agent.GetService<ModelSource>()));
    }

    private static Dictionary<string, string?> Options(Settings settings, Func<string, bool> decides) =>
        ShownOption.All(settings).Where(option => option.Value is not null && decides(option.Path)).ToDictionary(option => option.Path, option => option.Value, StringComparer.Ordinal);

    private static Dictionary<string, string?> With(Dictionary<string, string?> options, params ReadOnlySpan<(string Name, ModelSource? Source)> models)
    {
        foreach (var (name, source) in models)
        {
            if (source is not null)
            {
                options[name] = source.Digest();
            }
        }

        return options;
    }
}
