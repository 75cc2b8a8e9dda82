using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj import</c>: other programs' conversations as trajectories.</summary>
internal sealed class TrajImport : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var file = new Argument<string>("file") { Description = "The file to read." };
        var format = ExchangeFormat.Flag();
        var folder = new Option<string>("--out") { Description = "The run folder to add to.", HelpName = "DIR", Required = true };
        var command = new Command("import", "Adds the trajectories of a file to a run folder.") { file, folder, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = host.FullPath(parsed.GetRequiredValue(file));
            var chosen = ExchangeFormat.Of(parsed.GetValue(format), path);
            if (!File.Exists(path))
            {
                throw new CliException(ExitCode.Usage, $"{parsed.GetValue(file)}: there is no such file.");
            }

            var settings = flags.Read(host, parsed);
            var target = host.FullPath(parsed.GetRequiredValue(folder));
            await using var store = await TrajectoryStore.OpenAsync(target, settings.SecretMask, cancellationToken);
            var there = 0;
            int count;
            try
            {
                count = await chosen.ImportAsync(path, store, _ => there++, cancellationToken);
            }
            catch (InvalidDataException wrong)
            {
                throw new CliException(ExitCode.Usage, wrong.Message, wrong);
            }

            host.Say($"{RunWords.Count(count, "trajectory", "trajectories")} from "
                + $"{chosen.Name}{(there == 0 ? string.Empty : $", {there} more that are there already")}");
            host.WriteResult(host.ShownPath(target));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
