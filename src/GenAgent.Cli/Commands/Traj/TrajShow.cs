using System.CommandLine;
using System.Text;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Runs;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj show</c>: a run, as it looked when it ran.</summary>
internal sealed class TrajShow : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = StoredRuns.FolderArgument();
        var id = StoredRuns.IdOption();
        var json = JsonFlag.Create();
        var events = JsonRunScreen.Flag();
        var command = new Command("show", "Shows a trajectory round by round.") { folder, id, json, events };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = flags.Read(host, parsed);
            var stored = StoredRuns.Find(host, parsed.GetValue(folder));
            var trajectory = await StoredRuns.FindAsync(host, stored, parsed.GetValue(id), cancellationToken);
            if (parsed.GetValue(json))
            {
                host.WriteResult(Encoding.UTF8.GetString(TrajectoryJson.Write(trajectory).Span).TrimEnd('\n'));
                return (int)ExitCode.Success;
            }

            IRunObserver screen = parsed.GetValue(events) ? new JsonRunScreen(host)
                : host.Output.Profile.Capabilities.Ansi
                ? new TerminalRunScreen(host.Output, TerminalImages.Choose(settings.Get<RunOptions>(RunOptions.SectionName).Images, host.Output, host.Environment))
                : new PlainRunScreen(host.Output.Profile.Out.Writer);
            await foreach (var happened in StoredEvents.OfAsync(trajectory, stored, cancellationToken))
            {
                screen.Show(happened);
            }

            screen.Finish();
            if (!parsed.GetValue(events) && StoredRuns.ImageOf(host, stored, trajectory) is { } image) host.WriteText(image);
            return (int)ExitCode.Success;
        });
        return command;
    }
}
