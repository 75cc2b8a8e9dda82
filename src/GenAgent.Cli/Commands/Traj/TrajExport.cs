using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj export</c> and <c>genagent data export</c>: trajectories for other programs.</summary>
internal sealed class TrajExport(string description, Argument<string?> folder) : CliCommand("export", description)
{
    private readonly Argument<string?> _folder = folder;
    private readonly Option<string> _file = Flag.Required("--out", "FILE", "The file to write.");
    private readonly Option<string?> _format = FormatFlag();

    public static Option<string?> FormatFlag() => Flag.Among(
        "--format", "FORMAT", "sharegpt (LLaMA-Factory) or parquet; by default what the file's name says.", byDefault: null,
        [.. ExchangeFormat.All.Select(format => format.Name)]);

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, path) = (call.Host, call.PathOf(_file));
        var format = ExchangeFormat.Of(call.Get(_format), path);
        var stored = StoredRuns.Find(host, call.Get(_folder));
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
            throw new CliException(ExitCode.Usage, $"--out {call.Get(_file)} is a folder: name a file.");
        if (string.Equals(path, Path.GetFullPath(Path.Combine(stored.Path, TrajectoryFolder.FileName)), StringComparison.Ordinal))
            throw new CliException(ExitCode.Usage, $"--out {call.Get(_file)} is the file that holds the trajectories themselves: name another.");
        var count = await format.ExportAsync(StoredRuns.ReadAsync(host, stored, call.CancellationToken), stored, path, call.CancellationToken);
        var beside = format.Beside is null ? string.Empty : $", with {format.Beside} beside the file";
        host.Say($"{RunWords.Count(count, "trajectory", "trajectories")} as {format.Name}{beside}");
        host.WriteResult(host.ShownPath(path));
        return ExitCode.Success;
    }
}
