using System.Text.RegularExpressions;
using GenAgent.Agents;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Dialects;

/// <summary>
/// Finds the dialect of a model: the options' own, else that of the model's profile, else that of a model known by its name, else the default.
/// </summary>
internal static class DialectChoice
{
    // The authors' weights, however they are served: fengyao123/genagent/v2, /models/genagent_v2, GenAgent-v1.
    private static readonly Regex Authors = new(
        @"(^|[/\\]|--)(?<owner>fengyao123(/|--|\\))?gen?agent([-_./\\]+(snapshots[/\\][^/\\]+[/\\])?(?<version>v[12]))?($|[-_./\\:@])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    public static Dialect For(ImageAgentOptions options, IChatClient model) =>
        Named(options) ?? model.GetService<AgentProfile>()?.Dialect ?? Known(model) ?? Dialect.Default;

    /// <summary>The dialect of a model of that name; null for an unknown model.</summary>
    public static Dialect? OfModel(string? name)
    {
        if (name is null || Authors.Match(name) is not { Success: true } match)
        {
            return null;
        }

        return match.Groups["version"] is { Success: true, ValueSpan: [_, var version] }
            ? version == '2' ? Dialect.GenAgentV2 : Dialect.GenAgentV1
            : match.Groups["owner"].Success ? Dialect.GenAgentV1 : null;
    }

    private static Dialect? Named(ImageAgentOptions options) =>
        options.Dialect is { } name ? Dialect.Find(name)
        : options.CallStyle switch { Protocol.CallStyle.Native => Dialect.Native, Protocol.CallStyle.Tags => Dialect.Default, _ => null };

    private static Dialect? Known(IChatClient model) =>
        OfModel(model.GetService<ChatClientMetadata>()?.DefaultModelId) ?? OfModel(model.GetService<ModelSource>()?.Folder);
}
