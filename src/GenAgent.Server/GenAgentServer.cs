using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>Makes the whole program of <c>genagent serve</c> and <c>genagent view</c>.</summary>
public static class GenAgentServer
{
    /// <summary>Makes the program; the caller runs it, and ends it on signals.</summary>
    /// <param name="host">Folder, variables, clock and backends.</param>
    /// <param name="settings">The configuration; the options are its section <c>Server</c>.</param>
    /// <param name="readOnly">Whether it only shows the folder <see cref="ServerOptions.Browse"/>.</param>
    /// <param name="logging">Where logs go; null for nowhere.</param>
    /// <returns>The program; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or an address cannot be read.</exception>
    public static WebApplication Create(
        HostEnvironment host, Settings settings, bool readOnly = false, Action<ILoggingBuilder>? logging = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(settings);
        var options = settings.Get<ServerOptions>(ServerOptions.SectionName);
        var builder = WebServer.CreateBuilder(host, settings, options, logging);
        if (!readOnly) builder.Services.AddGenAgent(settings.Root).LoadOnStart();

        builder.Services.AddTelemetryExport(options, settings.Root);
        builder.Services.AddGenAgentServer(options, readOnly, WebServer.NeedsKey(options));
        return builder.Build().MapGenAgentServer();
    }
}
