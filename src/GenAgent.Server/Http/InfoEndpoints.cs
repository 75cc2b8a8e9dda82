using GenAgent.Running.Sharing;
using GenAgent.Server.Backends;
using GenAgent.Server.Jobs;
using GenAgent.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Http;

/// <summary>What the server is and whether it works.</summary>
internal static class InfoEndpoints
{
    public static void MapInfo(IEndpointRouteBuilder api) =>
        api.MapGet("/info", InfoAsync).WithSummary("What the server serves, and its limits.").Produces<ServerInfo>();

    public static void MapHealth(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Text("ok")).ExcludeFromDescription();
        routes.MapGet("/health/ready", ReadyAsync).ExcludeFromDescription();
    }

    private static async Task<ServerInfo> InfoAsync(HttpContext context, ServerOptions options, ServerMode mode, IServiceProvider services)
    {
        var limits = new ServerLimits(options.PromptCharacters, options.Images, options.Count, options.Rounds, options.ImageBytes);
        if (mode.IsReadOnly) return new(RunSharing.Version, [], [], new(null, null, null), limits, mode.NeedsKey, true);
        var agents = (ServedAgents)services.GetService(typeof(ServedAgents))!;
        var composition = await agents.GetAsync(null, null, context.RequestAborted);
        return new(
            RunSharing.Version, Named(agents.AgentNames), Named(agents.GeneratorNames),
            new(agents.DefaultAgent, agents.DefaultGenerator, composition.Agent.Options.MaxRounds), limits, mode.NeedsKey, false);
    }

    private static IReadOnlyList<NamedBackend> Named(IEnumerable<string> names) => [.. names.Select(name => new NamedBackend(name))];

    private static async Task<IResult> ReadyAsync(HttpContext context, ServerMode mode, ServerOptions options, IServiceProvider services)
    {
        if (mode.IsReadOnly) return Results.Text("ok");
        try
        {
            await ((JobTable)services.GetService(typeof(JobTable))!).WaitingAsync(string.Empty, context.RequestAborted);
        }
        catch (System.Data.Common.DbException)
        {
            return Results.Text("the database cannot be reached", statusCode: 503);
        }

        return ((DataFolder)services.GetService(typeof(DataFolder))!).FreeMegabytes < options.FreeMegabytes
            ? Results.Text("the disk is nearly full", statusCode: 503) : Results.Text("ok");
    }
}

/// <summary>What the server serves.</summary>
internal sealed record ServerInfo(
    string Version, IReadOnlyList<NamedBackend> Agents, IReadOnlyList<NamedBackend> Generators, ServerDefaults Defaults, ServerLimits Limits,
        bool Authentication, bool ReadOnly);

/// <summary>A backend that requests may choose.</summary>
internal sealed record NamedBackend(string Name);

/// <summary>What a request gets that does not choose.</summary>
internal sealed record ServerDefaults(string? Agent, string? Generator, int? Rounds);

/// <summary>The limits of requests.</summary>
internal sealed record ServerLimits(int Prompt, int Images, int Count, int Rounds, int ImageBytes);
