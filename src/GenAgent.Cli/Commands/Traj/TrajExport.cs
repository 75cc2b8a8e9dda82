using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj export</c>: trajectories for other programs.</summary>
internal sealed class TrajExport : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = StoredRuns.FolderArgument();
        var format = ExchangeFormat.Flag();
        var file = new Option<string>("--out") { Description = "The file to write.", HelpName = "FILE", Required = true };
        var command = new Command("export", "Writes a run folder's trajectories to a file that other programs read.") { folder, file, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = host.FullPath(parsed.GetRequiredValue(file));
            var chosen = ExchangeFormat.Of(parsed.GetValue(format), path);
            var stored = StoredRuns.Find(host, parsed.GetValue(folder));
            var count = await chosen.ExportAsync(StoredRuns.ReadAsync(host, stored, cancellationToken), stored, path, cancellationToken);
            host.Say(chosen.Said(count));
            host.WriteResult(host.ShownPath(path));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
