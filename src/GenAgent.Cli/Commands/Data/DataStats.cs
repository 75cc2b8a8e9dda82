using System.CommandLine;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Training.Synthesis.Filters;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data stats</c>: what a data set holds, and what it cost.</summary>
internal sealed class DataStats() : CliCommand("stats", "Counts what a data set holds: categories, rounds, verdicts, tokens, images.")
{
    private readonly Argument<string> _folder = Flag.Argument("folder", "A folder that data synth or data filter made.");
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var stored = StoredRuns.Find(call.Host, call.Get(_folder));
        var statistics = DataStatistics.Of(await FilterRun.ReadAsync(stored, call.CancellationToken));
        call.Write(
            _json, new { schema = "genagent.data_stats/1", folder = call.Host.ShownPath(stored.Path), statistics },
            () => DataTables.Write(call.Host.Output, statistics));
        return ExitCode.Success;
    }
}
