using System.CommandLine;
using System.Text;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Runs;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj show</c>: a run, as it looked when it ran.</summary>
internal sealed class TrajShow() : CliCommand("show", "Shows a trajectory round by round.")
{
    private readonly Argument<string?> _folder = StoredRuns.FolderArgument();
    private readonly Option<string?> _id = StoredRuns.IdOption();
    private readonly Option<bool> _json = Flag.Json();
    private readonly Option<bool> _events = JsonRunScreen.Flag();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, output) = (call.Host, call.Host.Output);
        var run = call.Settings().Get<RunOptions>(RunOptions.SectionName);
        var stored = StoredRuns.Find(host, call.Get(_folder));
        var trajectory = await StoredRuns.FindAsync(host, stored, call.Get(_id), call.CancellationToken);
        if (call.Get(_json))
        {
            host.WriteResult(Encoding.UTF8.GetString(TrajectoryJson.Write(trajectory).Span).TrimEnd('\n'));
            return ExitCode.Success;
        }

        IRunObserver screen = call.Get(_events) ? new JsonRunScreen(host)
            : output.Profile.Capabilities.Ansi ? new TerminalRunScreen(output, TerminalImages.Choose(run.Images, output, host.Environment))
            : new PlainRunScreen(output.Profile.Out.Writer);
        await foreach (var happened in StoredEvents.OfAsync(trajectory, stored, call.CancellationToken)) screen.Show(happened);
        screen.Finish();
        if (!call.Get(_events) && StoredRuns.ImageOf(host, stored, trajectory) is { } image) host.WriteText(image);
        return ExitCode.Success;
    }
}
