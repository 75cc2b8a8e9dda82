using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj list</c>: each trajectory's id, verdict, prompt, and image or error; the same in a terminal and in a pipe.</summary>
internal sealed class TrajList : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = StoredRuns.FolderArgument();
        var json = JsonFlag.Create();
        var command = new Command("list", "Lists the trajectories of a run folder.") { folder, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var stored = StoredRuns.Find(host, parsed.GetValue(folder));
            var trajectories = StoredRuns.ReadAsync(host, stored, cancellationToken);
            await (parsed.GetValue(json) ? WriteJsonAsync(host, trajectories) : WriteTextAsync(host, stored, trajectories));
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

    private static async Task WriteTextAsync(CliHost host, TrajectoryFolder folder, IAsyncEnumerable<Trajectory> trajectories)
    {
        await foreach (var trajectory in trajectories)
        {
            StoredRuns.Describe(host, folder, trajectory);
        }
    }
}
