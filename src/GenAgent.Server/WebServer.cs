using System.Net;
using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Server.Http;
using GenAgent.Server.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>What every server of this program has in common: addresses, limits of connections and bodies, no files or variables of ASP.NET's own.</summary>
internal static class WebServer
{
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(15);

    /// <summary>A program that listens where the options say.</summary>
    /// <exception cref="ArgumentException">An address cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(HostEnvironment host, Settings settings, ServerOptions options, Action<ILoggingBuilder>? logging)
    {
        // The slim builder reads no files and variables of its own: all comes from the settings.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(settings.Root);
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        builder.WebHost.UseUrls(Urls(options));
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = options.BodyBytes;
            server.Limits.MaxConcurrentConnections = options.Connections;
            server.Limits.RequestHeadersTimeout = HeadersWithin;
        });
        builder.Services.AddSingleton(host).AddSingleton<IHostLifetime, NoLifetime>();
        return builder;
    }

    /// <summary>What stands in front of every server's own endpoints: errors as problems, foreign pages kept out, API keys.</summary>
    public static void UseGuards(WebApplication app)
    {
        app.UseMiddleware<ErrorMiddleware>();
        app.UseMiddleware<BrowserGuard>();

        // Before the keys, whose rules differ for a socket.
        app.UseWebSockets();
        app.UseMiddleware<KeyMiddleware>();
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    /// <summary>Whether requests need an API key: unless all addresses are this machine's own.</summary>
    /// <exception cref="ArgumentException">An address cannot be read.</exception>
    public static bool NeedsKey(ServerOptions options) => options.Authentication == AuthenticationMode.Always || !Array.TrueForAll(Urls(options), IsLoopback);

    private static string[] Urls(ServerOptions options) =>
        options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

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
