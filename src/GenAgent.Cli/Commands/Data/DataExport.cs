using System.CommandLine;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data export</c>: a data set for other trainers, in the formats of <c>traj export</c>.</summary>
internal sealed class DataExport : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = new Argument<string>("folder") { Description = "A folder that data synth or data filter made." };
        var format = ExchangeFormat.Flag();
        var file = new Option<string>("--out") { Description = "The file to write.", HelpName = "FILE", Required = true };
        var command = new Command("export", "Writes a data set to a file that other trainers read.") { folder, file, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = host.FullPath(parsed.GetRequiredValue(file));
            var chosen = ExchangeFormat.Of(parsed.GetValue(format), path);
            var stored = StoredRuns.Find(host, parsed.GetRequiredValue(folder));
            var count = await chosen.ExportAsync(StoredRuns.ReadAsync(host, stored, cancellationToken), stored, path, cancellationToken);
            host.Say(chosen.Said(count));
            host.WriteResult(host.ShownPath(path));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
