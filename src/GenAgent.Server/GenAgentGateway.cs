using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server.Browse;
using GenAgent.Server.Gateway;
using GenAgent.Server.Jobs;
using GenAgent.Server.Security;
using GenAgent.Telemetry;
using GenAgent.Validation;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>
/// Makes the whole program of <c>genagent gateway</c>: chat completions below an address for each rollout, recorded with ids, log-probabilities, images and
/// weight version; rewards; and the trajectories of those that ended, over HTTP and on the page.
/// </summary>
public static class GenAgentGateway
{
    /// <summary>Makes the program; the caller runs it, and ends it on signals.</summary>
    /// <param name="host">Folder, variables, clock and backends.</param>
    /// <param name="settings">The configuration: the sections <c>Gateway</c> and <c>Server</c>.</param>
    /// <param name="logging">Where logs go; null for nowhere.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <returns>The program; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or an address cannot be read.</exception>
    /// <exception cref="BackendUriException">The upstream is not named, or cannot be opened.</exception>
    /// <exception cref="IOException">The data folder cannot be written to, or another gateway has it.</exception>
    public static async Task<WebApplication> CreateAsync(
        HostEnvironment host, Settings settings, Action<ILoggingBuilder>? logging = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(settings);
        var (options, server) = (settings.Get<GatewayOptions>(GatewayOptions.SectionName), settings.Get<ServerOptions>(ServerOptions.SectionName));
        OptionRules.Validate(options, GatewayOptions.SectionName);
        var builder = WebServer.CreateBuilder(host, settings, server, logging);
        var path = GatewayFolder.PathOf(server, host);
        builder.Services.AddTelemetryExport(server, settings.Root);
        builder.Services.AddBrowsing(server, new ServerMode(IsReadOnly: true, WebServer.NeedsKey(server)), _ => [new IndexRoot(path, "gateway")]);
        builder.Services.AddServerDatabase(server).AddSingleton<ApiKeys>().AddSingleton<JobTable>();
        var (folder, upstream) = await OpenAsync(host, settings, options, path, cancellationToken);
        builder.Services.AddSingleton(options).AddSingleton(_ => folder).AddSingleton(_ => upstream);
        builder.Services.AddSingleton(provider => new GatewayTables(
            folder.Database, provider.GetRequiredService<SecretMask>(), provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<CallRecorder>().AddSingleton<CallsUnderWay>().AddSingleton<RolloutLibrary>().AddSingleton<UpstreamVersion>();
        builder.Services.AddSingleton<CallEndpoints>().AddSingleton<RolloutEndpoints>().AddSingleton<IdleRollouts>();
        builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<IdleRollouts>());
        var app = builder.Build().MapGenAgentServer();
        CallEndpoints.Map(app);
        RolloutEndpoints.Map(app);
        return app;
    }

    // The model first: it is what a user gets wrong, and the folder is made for nothing then.
    private static async Task<(GatewayFolder Folder, IUpstream Upstream)> OpenAsync(
        HostEnvironment host, Settings settings, GatewayOptions options, string path, CancellationToken cancellationToken)
    {
        if (options.Upstream is not { Length: > 0 } text)
        {
            throw new BackendUriException("The gateway's upstream is not named: --upstream openai:MODEL@http://HOST:PORT/v1, or a chat model of this program.");
        }

        var uri = BackendUri.Parse(text);
        IUpstream upstream = HttpUpstream.Knows(uri)
            ? new HttpUpstream(uri, settings.Root, settings.SecretMask, options.AnswerBytes)
            : new ModelUpstream(text, await BackendComposition.Create(host, settings).CreateChatClientAsync(text, cancellationToken), host.Time);
        try
        {
            return (await GatewayFolder.OpenAsync(path, settings.SecretMask, cancellationToken), upstream);
        }
        catch
        {
            (upstream as IDisposable)?.Dispose();
            throw;
        }
    }
}
