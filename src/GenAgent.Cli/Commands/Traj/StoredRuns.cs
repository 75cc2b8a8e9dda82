using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary>Finds run folders, and trajectories in them, by what the user writes.</summary>
internal static class StoredRuns
{
    private const int LongestPrompt = 200;
    private const int LongestLine = 400;

    public static Argument<string?> FolderArgument() => new("folder")
    {
        Description = "The run folder; by default the newest below runs/.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<string?> IdOption() =>
        new("--id") { Description = "The trajectory's id, or how it begins; by default the last one.", HelpName = "ID" };

    /// <summary>The folder that is meant.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static TrajectoryFolder Find(CliHost host, string? folder)
    {
        var path = folder is not null ? host.FullPath(folder) : Newest(host.FullPath("runs"));
        if (path is null)
        {
            throw new CliException(ExitCode.Usage, "There is no run folder below runs/. Name one, or make one with genagent generate.");
        }

        return File.Exists(Path.Combine(path, TrajectoryFolder.FileName))
            ? new TrajectoryFolder(path)
            : throw new CliException(ExitCode.Usage, $"{host.ShownPath(path)} is no run folder: it holds no {TrajectoryFolder.FileName}.");
    }

    /// <summary>The trajectories of the folder; a line that is none is reported, and passed over.</summary>
    public static IAsyncEnumerable<Trajectory> ReadAsync(CliHost host, TrajectoryFolder folder, CancellationToken cancellationToken) =>
        folder.ReadAllAsync(bad => host.Say($"warning: {bad.Message}"), cancellationToken);

    /// <summary>The trajectory whose id begins so, or the last one.</summary>
    /// <exception cref="CliException">There is none, or more than one.</exception>
    public static async Task<Trajectory> FindAsync(CliHost host, TrajectoryFolder folder, string? id, CancellationToken cancellationToken)
    {
        Trajectory? found = null;
        await foreach (var trajectory in ReadAsync(host, folder, cancellationToken))
        {
            if (id is not null && trajectory.Id.Equals(id, StringComparison.Ordinal))
            {
                return trajectory;
            }

            if (id is null || trajectory.Id.StartsWith(id, StringComparison.Ordinal))
            {
                found = id is null
                    || found is null
                    ? trajectory : throw new CliException(ExitCode.Usage, $"Both {found.Id} and {trajectory.Id} begin with \"{id}\": write more of it.");
            }
        }

        return found ?? throw new CliException(
            ExitCode.Usage, $"{host.ShownPath(folder.Path)} holds no trajectory{(id is null ? string.Empty : $" whose id begins with \"{id}\"")}.");
    }

    /// <summary>Writes what a run is and how it ended: id, verdict, error, prompt, and the path of its image.</summary>
    public static void Describe(CliHost host, TrajectoryFolder folder, Trajectory trajectory)
    {
        host.WriteText(TerminalText.OneLine($"{trajectory.Id}  {RunWords.VerdictOf(trajectory)}  {RunWords.Of(trajectory)}", LongestLine));
        host.WriteText($"  {TerminalText.OneLine(trajectory.Prompt, LongestPrompt)}");
        if (ImageOf(host, folder, trajectory) is { } image) host.WriteText($"  {image}");
    }

    /// <summary>The path of the run's image, by its readable name if it has one and the file is there; null if the run has no image.</summary>
    public static string? ImageOf(CliHost host, TrajectoryFolder folder, Trajectory trajectory)
    {
        if (trajectory.FinalImage is not { } image) return null;
        var named = trajectory.Answer?.File is { } file
            && string.Equals(Path.GetFileName(file), file, StringComparison.Ordinal) ? Path.Combine(folder.Path, file) : null;
        return host.ShownPath(File.Exists(named) ? named : Path.Combine(folder.Path, image.Path()));
    }

    private static string? Newest(string runs) => Directory.Exists(runs)
        ? Directory.EnumerateFiles(runs, TrajectoryFolder.FileName, SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc)
            .Select(Path.GetDirectoryName).FirstOrDefault()
        : null;
}
