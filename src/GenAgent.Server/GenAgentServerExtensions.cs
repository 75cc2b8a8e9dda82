using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Server;
using GenAgent.Server.Backends;
using GenAgent.Server.Browse;
using GenAgent.Server.Http;
using GenAgent.Server.Images;
using GenAgent.Server.Jobs;
using GenAgent.Server.Protocols;
using GenAgent.Server.Security;
using GenAgent.Server.Storage;
using GenAgent.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds GenAgent's server to a program of ASP.NET Core.</summary>
public static class GenAgentServerExtensions
{
    /// <summary>Adds jobs, their worker and what the API needs. The agent comes from <c>AddGenAgent</c>, which the program calls too.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">The options.</param>
    /// <param name="readOnly">Whether the server only shows the folder <see cref="ServerOptions.Browse"/>: no jobs, no database, no agent.</param>
    /// <param name="needsKey">Whether requests need an API key. A server that others reach must have it.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IServiceCollection AddGenAgentServer(this IServiceCollection services, ServerOptions options, bool readOnly = false, bool needsKey = true)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddBrowsing(options, new ServerMode(readOnly, needsKey && !readOnly), host => RootsOf(options, readOnly, host));
        return readOnly ? services : AddJobs(services, options);
    }

    /// <summary>Adds the server's API and page, and what guards them, in front of the program's own endpoints.</summary>
    /// <param name="app">The program.</param>
    /// <returns>The same program.</returns>
    public static WebApplication MapGenAgentServer(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        WebServer.UseGuards(app);
        InfoEndpoints.MapHealth(app);
        var api = app.MapGroup("/api");
        InfoEndpoints.MapInfo(api);
        ImageEndpoints.Map(api);
        BrowseEndpoints.Map(api);
        if (!app.Services.GetRequiredService<ServerMode>().IsReadOnly)
        {
            JobEndpoints.Map(api);
            RerunEndpoint.Map(api);
        }

        Page.Map(app);
        if (!app.Services.GetRequiredService<ServerMode>().IsReadOnly) app.MapProtocols();
        return app;
    }

    private static IServiceCollection AddJobs(IServiceCollection services, ServerOptions options)
    {
        services.AddServerDatabase(options);
        services.AddSingleton<JobTable>().AddSingleton<JobRules>().AddSingleton<JobQueueSignal>().AddSingleton<JobRunner>().AddSingleton<SampleRunner>();
        services.AddSingleton<JobHub>().AddSingleton<JobWorker>().AddSingleton<JobIds>().AddSingleton<IJobs, JobService>().AddSingleton<WebhookAddress>();
        services.AddSingleton<ServedAgents>().AddSingleton<Previews>().AddSingleton<Reruns>().AddSingleton<ApiKeys>().AddSingleton<AuditLog>();
        services.AddSingleton<Retention>().AddSingleton(provider => WebhookKey.Of(provider.GetService<IConfiguration>()?[$"{Secrets.SectionName}:webhook"]));
        services.AddHostedService<WebhookSender>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Retention>());
        services.AddProtocols();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<JobHub>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<JobWorker>());
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.StopSeconds + 20));
        return services;
    }

    private static TokenTexts TokenTextsOf(IServiceProvider provider, ServerOptions options)
    {
        var configuration = provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build();
        var host = provider.GetRequiredService<HostEnvironment>();
        return new(
            new TokenDecoder(() => BackendComposition.Create(host, configuration, loggerFactory: null)),
            [configuration["Backends:Agent"] ?? "micro", .. options.Agents.Values, "micro"]);
    }

    /// <summary>What reads and shows trajectories, and what every API of this program needs.</summary>
    internal static IServiceCollection AddBrowsing(
        this IServiceCollection services, ServerOptions options, ServerMode mode, Func<HostEnvironment, IReadOnlyList<IndexRoot>> roots)
    {
        GenAgent.Validation.OptionRules.Validate(options, ServerOptions.SectionName);
        services.TryAddSingleton(_ => HostEnvironment.OfProcess());
        services.TryAddSingleton(provider => provider.GetRequiredService<HostEnvironment>().Time);
        services.TryAddSingleton(provider => provider.GetService<IConfiguration>() is { } configuration ? Secrets.MaskOf(configuration) : SecretMask.Default);
        services.AddSingleton(options).AddSingleton(mode);
        services.AddSingleton(
            provider => new TrajectoryIndex(roots(provider.GetRequiredService<HostEnvironment>()), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => TokenTextsOf(provider, options));
        services.AddSingleton(provider => new RunFolders([.. roots(provider.GetRequiredService<HostEnvironment>())]));
        services.AddSingleton<Thumbnails>().AddSingleton<EventStreams>().AddSingleton<RequestRates>().AddSingleton<ServerTelemetry>();
        services.Configure<JsonOptions>(json => ServerJson.Configure(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        services.AddOpenApi();
        return services;
    }

    /// <summary>The server's database, which has its keys.</summary>
    internal static IServiceCollection AddServerDatabase(this IServiceCollection services, ServerOptions options) =>
        services.AddSingleton<DataFolder>().AddSingleton(provider => OpenDatabase(provider, options));

    // Opened when the first service asks: on start, where a failure stops the program with its reason.
    private static Database OpenDatabase(IServiceProvider provider, ServerOptions options)
    {
        var folder = provider.GetRequiredService<DataFolder>().Path;
        Directory.CreateDirectory(folder);
        var password = provider.GetService<IConfiguration>()?[$"{Secrets.SectionName}:database"];
        return DatabaseFactory.OpenAsync(options.Database, password, folder, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static List<IndexRoot> RootsOf(ServerOptions options, bool readOnly, HostEnvironment host)
    {
        var roots = new List<IndexRoot>();
        if (!readOnly) roots.Add(new(Path.Combine(host.FullPath(options.Data), "runs"), "server"));
        if (options.Browse is { Length: > 0 } browse)
        {
            roots.Add(new(host.FullPath(browse), readOnly ? string.Empty : Path.GetFileName(Path.TrimEndingDirectorySeparator(host.FullPath(browse)))));
        }
        return roots;
    }
}
