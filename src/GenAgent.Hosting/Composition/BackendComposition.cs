using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace GenAgent.Hosting.Composition;

/// <summary>Which kinds of backends genagent knows. A part that brings one adds its line here.</summary>
public static class BackendComposition
{
    /// <summary>The registry of a program: servers, local models, the embedded models, and what the program adds.</summary>
    /// <param name="host">Where paths begin, and what backends the program adds.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="loggerFactory">Where to log; null for nowhere.</param>
    /// <returns>A registry that makes backends by URI.</returns>
    public static BackendRegistry Create(HostEnvironment host, Settings settings, ILoggerFactory? loggerFactory = null) =>
        Create(host, settings.Root, loggerFactory);

    /// <inheritdoc cref="Create(HostEnvironment, Settings, ILoggerFactory?)"/>
    public static BackendRegistry Create(HostEnvironment host, IConfiguration configuration, ILoggerFactory? loggerFactory)
    {
        var registry = new BackendRegistry(configuration, loggerFactory, host.Time, host.WorkingFolder);
        var hubCache = host.HubOptions().CacheFolder;
        registry.AddServers().AddFlux(hubCache).AddQwen(hubCache).AddMicro().AddEngines(hubCache);
        host.AddBackends?.Invoke(registry);
        return registry;
    }
}
