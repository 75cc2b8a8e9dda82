using System.Net;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>Makes the whole program of <c>genagent serve</c> and <c>genagent view</c>.</summary>
public static class GenAgentServer
{
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(15);

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
        var urls = options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var needsKey = options.Authentication == AuthenticationMode.Always || !Array.TrueForAll(urls, IsLoopback);

        // The slim builder reads no files and variables of its own: all comes from the settings.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Root);
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        builder.WebHost.UseUrls(urls);
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = options.BodyBytes;
            server.Limits.MaxConcurrentConnections = options.Connections;
            server.Limits.RequestHeadersTimeout = HeadersWithin;
        });
        builder.Services.AddSingleton(host).AddSingleton<IHostLifetime, NoLifetime>();
        if (!readOnly) builder.Services.AddGenAgent(settings.Root).LoadOnStart();

        builder.Services.AddTelemetryExport(options, settings.Root);
        builder.Services.AddGenAgentServer(options, readOnly, needsKey);
        return builder.Build().MapGenAgentServer();
    }

    private static bool IsLoopback(string url)
    {
        // "http://*:5000" and "http://+:5000" are every address.
        if (url.Contains("://*", StringComparison.Ordinal) || url.Contains("://+", StringComparison.Ordinal)) return false;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not "http")
        {
            throw new ArgumentException(
                $"{ServerOptions.SectionName}:{nameof(ServerOptions.Urls)}: \"{url}\" is no address: write http://HOST:PORT, as in http://127.0.0.1:5000. "
                + "HTTPS is a reverse proxy's affair.",
                nameof(url));
        }

        return uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}
