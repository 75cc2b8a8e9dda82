using GenAgent.Cli.Commands.Models;
using GenAgent.Cli.Configuration;
using GenAgent.Cli.Hosting;
using GenAgent.Models;
using GenAgent.Torch.Backends;
using GenAgent.Torch.Flux;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Composition;

/// <summary>Which kinds of backends genagent knows. A part that brings one adds its line here.</summary>
internal static class BackendComposition
{
    public static BackendRegistry Create(CliHost host, Settings settings, ILoggerFactory? loggerFactory = null)
    {
        var registry = new BackendRegistry(settings.Root, loggerFactory, host.Time, host.WorkingFolder);
        var hubCache = ModelsCommand.Options(host).CacheFolder;
        registry.AddServers().AddFlux(hubCache).AddQwen(hubCache);
        MiniatureWorld.AddTo(registry);
        EmbeddedModels.AddTo(registry);
        host.AddBackends?.Invoke(registry);
        return registry;
    }
}
