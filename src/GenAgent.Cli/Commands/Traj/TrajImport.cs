using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj import</c>: other programs' conversations as trajectories.</summary>
internal sealed class TrajImport() : CliCommand("import", "Adds the trajectories of a file to a run folder.")
{
    private readonly Argument<string> _file = Flag.Argument("file", "The file to read.");
    private readonly Option<string> _folder = Flag.Required("--out", "DIR", "The run folder to add to.");
    private readonly Option<string?> _format = TrajExport.FormatFlag();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, path, target) = (call.Host, call.PathOf(_file), call.PathOf(_folder));
        var format = ExchangeFormat.Of(call.Get(_format), path);
        if (!File.Exists(path)) throw new CliException(ExitCode.Usage, $"{call.Get(_file)}: there is no such file.");
        await using var store = await TrajectoryStore.OpenAsync(target, call.Settings().SecretMask, call.CancellationToken);
        var (there, count) = (0, 0);
        try
        {
            count = await format.ImportAsync(path, store, _ => there++, call.CancellationToken);
        }
        catch (InvalidDataException wrong)
        {
            throw new CliException(ExitCode.Usage, wrong.Message, wrong);
        }

        if (count + there == 0) throw new CliException(ExitCode.Usage, $"{call.Get(_file)} holds no trajectory: nothing is imported.");
        var more = there == 0 ? string.Empty : $", {there} more that are there already";
        host.Say($"{RunWords.Count(count, "trajectory", "trajectories")} from {format.Name}{more}");
        host.WriteResult(host.ShownPath(target));
        return ExitCode.Success;
    }
}
