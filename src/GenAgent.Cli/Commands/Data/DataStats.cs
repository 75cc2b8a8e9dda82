using System.CommandLine;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Training.Synthesis.Filters;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data stats</c>: what a data set holds, and what it cost.</summary>
internal sealed class DataStats : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = new Argument<string>("folder") { Description = "A folder that data synth or data filter made." };
        var json = JsonFlag.Create();
        var command = new Command("stats", "Counts what a data set holds: categories, rounds, verdicts, tokens, images.") { folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var stored = StoredRuns.Find(host, parsed.GetRequiredValue(folder));
            var statistics = DataStatistics.Of(await FilterRun.ReadAsync(stored, cancellationToken));
            if (parsed.GetValue(json))
            {
                host.WriteJson(new { schema = "genagent.data_stats/1", folder = host.ShownPath(stored.Path), statistics });
            }
            else
            {
                DataTables.Write(host.Output, statistics);
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
