using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj list</c>: each trajectory's id, verdict, prompt, and image or error; the same in a terminal and in a pipe.</summary>
internal sealed class TrajList() : CliCommand("list", "Lists the trajectories of a run folder.")
{
    private readonly Argument<string?> _folder = StoredRuns.FolderArgument();
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var stored = StoredRuns.Find(call.Host, call.Get(_folder));
        await foreach (var trajectory in StoredRuns.ReadAsync(call.Host, stored, call.CancellationToken))
        {
            call.Write(_json, Document(trajectory), () => StoredRuns.Describe(call.Host, stored, trajectory));
        }

        return ExitCode.Success;
    }

    private static object Document(Trajectory trajectory) => new
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
    };
}
