using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server.Environments;
using GenAgent.Server.Gateway;

namespace GenAgent.Server.Tests.Serving;

/// <summary>What servers of the tests get from outside: a folder, no variables, the miniature world's agent and generator.</summary>
internal sealed class HostOfTests : HostEnvironment
{
    public override IReadOnlyDictionary<string, Type> Sections { get; } = new Dictionary<string, Type>(OptionSections.All, StringComparer.OrdinalIgnoreCase)
    {
        [ServerOptions.SectionName] = typeof(ServerOptions),
        [GatewayOptions.SectionName] = typeof(GatewayOptions),
        [EnvironmentOptions.SectionName] = typeof(EnvironmentOptions),
        [RemoteRolloutOptions.SectionName] = typeof(RemoteRolloutOptions),
    };

    public static HostOfTests In(
        string folder, Action<BackendRegistry>? backends = null, TimeProvider? time = null, IReadOnlyDictionary<string, string>? environment = null) => new()
    {
        WorkingFolder = folder,
        Environment = environment ?? new Dictionary<string, string>(),
        Time = time ?? TimeProvider.System,
        FreshSeed = () => 7,
        AddBackends = registry =>
        {
            registry.AddMicroWorld();
            backends?.Invoke(registry);
        },
    };
}
