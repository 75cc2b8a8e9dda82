using System.Runtime.InteropServices;
using GenAgent.Cli.Hosting;

// The first signal asks for the best attempt so far; a second one is the user's last word.
using var stop = new CancellationTokenSource();
var stoppedBy = ExitCode.Cancelled;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, ExitCode.Cancelled));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, ExitCode.Terminated));
return (int)await CliApp.RunAsync(args, SystemHost.Create(() => stoppedBy), stop.Token);

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
