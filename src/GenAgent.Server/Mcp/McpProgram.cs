using GenAgent.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Server.Mcp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>The whole program of <c>genagent mcp</c>: the Model Context Protocol over two streams, with jobs, data folder and database of a server.</summary>
public static class McpProgram
{
    /// <summary>Serves one client until it closes its end, or the token is cancelled.</summary>
    /// <param name="host">Folder, variables, clock and backends.</param>
    /// <param name="settings">The configuration.</param>
    /// <param name="input">Where messages come from.</param>
    /// <param name="output">Where messages go; nothing else is written to it.</param>
    /// <param name="logging">Where logs go; null for nowhere.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static async Task RunAsync(
        HostEnvironment host,
        Settings settings,
        Stream input,
        Stream output,
        Action<ILoggingBuilder>? logging = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(settings);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddConfiguration(settings.Root);
        logging?.Invoke(builder.Logging);
        builder.Services.AddSingleton(host).AddSingleton<IHostLifetime, NoLifetime>();

        // The agent is loaded by the first call: a client that only asks for the tools waits for nothing.
        builder.Services.AddGenAgent(settings.Root);
        builder.Services.AddGenAgentServer(settings.Get<ServerOptions>(ServerOptions.SectionName), readOnly: false, needsKey: false);
        builder.Services.AddMcpTools().WithStreamServerTransport(input, output);
        using var program = builder.Build();
        await program.RunAsync(cancellationToken);
    }
}
