using GenAgent.Dialects;
using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Models;
using GenAgent.Protocol;
using GenAgent.Server.Browse;
using GenAgent.Server.Environments;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using GenAgent.Trajectories;
using GenAgent.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>
/// Makes the whole program of <c>genagent environment</c>: the agent's loop, tools and rewards as an environment over HTTP, for trainers that sample the
/// model's turns themselves.
/// </summary>
public static class GenAgentEnvironment
{
    /// <summary>Makes the program; the caller runs it, and ends it on signals.</summary>
    /// <param name="host">Folder, variables, clock and backends.</param>
    /// <param name="settings">The configuration: the sections <c>Environment</c>, <c>Server</c>, <c>Backends</c>, <c>Agent</c> and <c>Judging</c>.</param>
    /// <param name="logging">Where logs go; null for nowhere.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <returns>The program; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or an address cannot be read.</exception>
    /// <exception cref="OptionException">There is no judge, or the dialect cannot be spoken in text alone.</exception>
    /// <exception cref="BackendUriException">A backend cannot be opened.</exception>
    /// <exception cref="PromptFileException">The file of prompts cannot be used.</exception>
    /// <exception cref="IOException">The data folder cannot be written to, or another environment has it.</exception>
    public static async Task<WebApplication> CreateAsync(
        HostEnvironment host, Settings settings, Action<ILoggingBuilder>? logging = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(settings);
        var (options, server) = (settings.Get<EnvironmentOptions>(EnvironmentOptions.SectionName), settings.Get<ServerOptions>(ServerOptions.SectionName));
        OptionRules.Validate(options, EnvironmentOptions.SectionName);
        var prompts = options.Prompts is { Length: > 0 } file ? await PromptReader.ReadFileAsync(file, host.FullPath(file), cancellationToken) : [];
        var builder = WebServer.CreateBuilder(host, settings, server, logging);
        var path = Path.Combine(host.FullPath(server.Data), "environment");
        builder.Services.AddTelemetryExport(server, settings.Root);
        builder.Services.AddBrowsing(
            server, new ServerMode(IsReadOnly: true, WebServer.NeedsKey(server), HasPage: false), _ => [new IndexRoot(path, "environment")]);
        builder.Services.AddServerDatabase(server).AddSingleton<ApiKeys>().AddSingleton<JobTable>();
        var (composition, store) = await OpenAsync(host, settings, path, cancellationToken);
        builder.Services.AddSingleton(options).AddSingleton(_ => composition).AddSingleton(_ => store);
        builder.Services.AddSingleton(new EpisodeServices(composition, composition.Judge!, store, options, host.Time));
        builder.Services.AddSingleton(provider => new EpisodeLibrary(provider.GetRequiredService<EpisodeServices>(), prompts, host.FreshSeed));
        builder.Services.AddSingleton<EnvironmentEndpoints>();
        builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<EpisodeLibrary>());
        var app = builder.Build();

        // Opened by hand: what the container is not asked for it does not dispose of.
        (_, _) = (app.Services.GetRequiredService<AgentComposition>(), app.Services.GetRequiredService<TrajectoryStore>());
        WebServer.UseGuards(app);
        EnvironmentEndpoints.Map(app);
        return app;
    }

    private static async Task<(AgentComposition Composition, TrajectoryStore Store)> OpenAsync(
        HostEnvironment host, Settings settings, string path, CancellationToken cancellationToken)
    {
        var registry = OutsideChatClient.AddTo(BackendComposition.Create(host, settings));
        var composition = await OutsideAgent.ComposeAsync(
            host, settings, registry, "The environment gives rewards, and needs", loggerFactory: null, cancellationToken);
        try
        {
            if (Dialect.Find(composition.Agent.Options.Dialect) is { CallStyle: CallStyle.Native } native)
            {
                throw new OptionException($"Agent:Dialect is {native.Name}, whose tools are a server's functions, but an action is text: take another one.");
            }

            return (composition, await TrajectoryStore.OpenAsync(path, settings.SecretMask, cancellationToken));
        }
        catch
        {
            composition.Dispose();
            throw;
        }
    }
}
