using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Environments;

/// <summary>The agent whose model is outside: what it is made of but for the model, and the judge that rewards it.</summary>
internal static class OutsideAgent
{
    /// <summary>Makes the parts; each run puts its own model in.</summary>
    /// <param name="host">Where paths begin.</param>
    /// <param name="settings">The configuration; whatever it names as the agent's model is not used.</param>
    /// <param name="registry">Makes the backends, <see cref="OutsideChatClient.Scheme"/> among them.</param>
    /// <param name="wanted">Who needs the judge, for the message where there is none.</param>
    /// <param name="loggerFactory">Where the agent logs; null for nowhere.</param>
    /// <param name="cancellationToken">Stops the opening.</param>
    /// <exception cref="OptionException">There is no judge, or the file of the instructions does not exist.</exception>
    public static async Task<AgentComposition> ComposeAsync(
        HostEnvironment host, Settings settings, BackendRegistry registry, string wanted, ILoggerFactory? loggerFactory, CancellationToken cancellationToken)
    {
        var options = AgentComposition.OptionsOf(host, settings);
        options.Backends.Agent = OutsideChatClient.Scheme;
        var composition = await AgentComposition.CreateAsync(options, registry, settings.SecretMask, loggerFactory, host.Time, [], cancellationToken);
        if (composition.Judge is not null) return composition;
        composition.Dispose();
        throw new OptionException($"{wanted} a judge of single images: name it with --judge.");
    }
}
