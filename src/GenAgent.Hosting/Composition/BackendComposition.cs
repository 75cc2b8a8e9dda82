using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Torch.Backends;
using GenAgent.Torch.Flux;
using Microsoft.Extensions.Logging;

namespace GenAgent.Hosting.Composition;

/// <summary>Which kinds of backends genagent knows. A part that brings one adds its line here.</summary>
internal static class BackendComposition
{
    public static BackendRegistry Create(HostEnvironment host, Settings settings, ILoggerFactory? loggerFactory = null)
    {
        var registry = new BackendRegistry(settings.Root, loggerFactory, host.Time, host.WorkingFolder);
        var hubCache = host.HubOptions().CacheFolder;
        registry.AddServers().AddFlux(hubCache).AddQwen(hubCache);
        EmbeddedModels.AddTo(registry);
        host.AddBackends?.Invoke(registry);
        return registry;
    }
}
