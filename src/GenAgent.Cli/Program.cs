using System.Runtime.InteropServices;
using GenAgent.Cli.Hosting;

// The first signal asks for the best attempt so far; a second one is the user's last word.
using var stop = new CancellationTokenSource();
var stoppedBy = ExitCode.Cancelled;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, ExitCode.Cancelled));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, ExitCode.Terminated));
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Stop(context, ExitCode.HungUp));
var streams = StandardStreams.Open();
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => Environment.Exit((int)LastError.Tell(streams.Error, (Exception)unhandled.ExceptionObject));
try
{
    Resources.Require();
    return (int)await CliApp.RunAsync(args, SystemHost.Create(streams, () => stoppedBy), stop.Token);
}
catch (Exception fault)
{
    // There is no host yet that could tell it.
    return (int)LastError.Tell(streams.Error, fault);
}

void Stop(PosixSignalContext context, ExitCode code)
{
    if (stop.IsCancellationRequested)
    {
        return;
    }

    context.Cancel = true;
    stoppedBy = code;
    stop.Cancel();
}

// ASP.NET Core's generator makes this class public unless it is declared.
internal static partial class Program;
