using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;
using GenAgent.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Commands.Server;

/// <summary>Runs a server until it is told to stop. Stopping is its ordinary end: the exit code is 0.</summary>
internal static class RunningServer
{
    public static Task<ExitCode> RunAsync(CliCall call, Settings settings, bool readOnly) => RunAsync(
        call,
        logging => Task.FromResult(GenAgentServer.Create(call.Host, settings, readOnly, logging)),
        readOnly ? "Serving; Ctrl-C stops." : "Serving; Ctrl-C stops. Jobs that have not ended by then run on at the next start.");

    /// <summary>Runs a server of any kind.</summary>
    /// <param name="call">The call.</param>
    /// <param name="create">Makes the server; is given where it logs.</param>
    /// <param name="greeting">What is said once it listens.</param>
    public static async Task<ExitCode> RunAsync(CliCall call, Func<Action<ILoggingBuilder>, Task<WebApplication>> create, string greeting)
    {
        var host = call.Host;
        await using var app = await create(logging => Log(logging, host, call.Verbose));
        await app.StartAsync(call.CancellationToken);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        foreach (var address in addresses) host.WriteResult(address);
        host.Say(greeting);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, host.Time, call.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            host.Say("Stopping.");
        }

        await app.StopAsync(CancellationToken.None);
        return ExitCode.Success;
    }

    /// <summary>Sends logs to standard error: warnings, and all with <c>--verbose</c>.</summary>
    public static void Log(ILoggingBuilder logging, CliHost host, bool verbose) => logging
        .AddProvider(new MaskedLogging(host))
        .SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore", verbose ? LogLevel.Information : LogLevel.Error)

        // A start that fails is told once, as every command's failure is.
        .AddFilter("Microsoft.Extensions.Hosting", verbose ? LogLevel.Debug : LogLevel.None);
}
