using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Trajectories;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj list</c>: a line a trajectory.</summary>
internal sealed class TrajList : ICliCommand
{
    private const int LongestPrompt = 200;

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = StoredRuns.FolderArgument();
        var json = JsonFlag.Create();
        var command = new Command("list", "Lists the trajectories of a run folder.") { folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var trajectories = StoredRuns.ReadAsync(host, StoredRuns.Find(host, parsed.GetValue(folder)), cancellationToken);
            await (parsed.GetValue(json) ? WriteJsonAsync(host, trajectories) : WriteTableAsync(host, trajectories));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static async Task WriteJsonAsync(CliHost host, IAsyncEnumerable<Trajectory> trajectories)
    {
        await foreach (var trajectory in trajectories)
        {
            host.WriteJson(
                new
                {
                    schema = "genagent.traj/1",
                    trajectory.Id,
                    trajectory.StartedAt,
                    trajectory.Prompt,
                    model = trajectory.Model.Name,
                    generator = trajectory.Generator.Name,
                    trajectory.StopReason,
                    rounds = trajectory.ImageRounds,
                    images = trajectory.Rounds.Sum(round => round.Images.Count),
                    image = trajectory.FinalImage?.Path(),
                    tokens = trajectory.Tokens,
                    trajectory.Seconds,
                    faults = trajectory.Faults.Count(),
                    task = trajectory.Task,
                    scores = trajectory.Scores ?? new Dictionary<string, double>(StringComparer.Ordinal),
                    rewards = trajectory.Rewards ?? new Dictionary<string, double>(StringComparer.Ordinal),
                    labels = trajectory.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal),
                });
        }
    }

    private static async Task WriteTableAsync(CliHost host, IAsyncEnumerable<Trajectory> trajectories)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Id", "Stopped", "Rounds", "Images", "Faults", "Seconds", "Prompt");
        table.Columns[0].NoWrap();
        foreach (var column in table.Columns.Skip(2).Take(4))
        {
            column.Alignment = Justify.Right;
        }

        await foreach (var trajectory in trajectories)
        {
            table.AddRow(
                new Text(trajectory.Id),
                new Text(RunWords.Of(trajectory.StopReason), trajectory.FinalImage is null ? Color.Red : Style.Plain),
                Number(trajectory.ImageRounds),
                Number(trajectory.Rounds.Sum(round => round.Images.Count)),
                Number(trajectory.Faults.Count()),
                new Text(trajectory.Seconds.ToString("0.0", CultureInfo.InvariantCulture)),
                new Text(TerminalText.OneLine(trajectory.Prompt, LongestPrompt)));
        }

        host.Output.Write(table);
    }

    private static Text Number(int number) => new(number.ToString(CultureInfo.InvariantCulture));
}
