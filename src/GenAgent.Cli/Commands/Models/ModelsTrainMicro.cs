using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Micro.Training.Pipeline;

namespace GenAgent.Cli.Commands.Models;

/// <summary>
/// <c>genagent models train-micro</c>: the embedded models from nothing, by the same commands that a user would give one after the other.
/// Each goes on where it was stopped, and is done at once when it was done before, so the whole chain does.
/// </summary>
internal sealed class ModelsTrainMicro : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var recipes = new Option<string>("--recipes") { Description = "The folder of the recipes.", HelpName = "DIR", DefaultValueFactory = _ => Path.Combine("recipes", "micro") };
        var runs = new Option<string>("--runs") { Description = "Where checkpoints, data and logs go.", HelpName = "DIR", DefaultValueFactory = _ => "runs" };
        var models = new Option<string>("--models") { Description = "Where the finished models go.", HelpName = "DIR", DefaultValueFactory = _ => "models" };
        var dry = new Option<bool>("--dry-run") { Description = "Shows the commands and runs none." };
        var rehearse = new Option<bool>("--rehearse") { Description = "Goes through the whole chain with two steps a training and sixty images a data set, in some minutes, to see that all of it runs; what it makes lies in RUNS/rehearsal, models included." };
        var command = new Command("train-micro", "Trains the miniature generator and the miniature agent from nothing (hours on two cores); started again, it goes on.") { recipes, runs, models, dry, rehearse };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = parsed.GetRequiredValue(runs);
            var rehearsal = Path.Combine(folder, "rehearsal");
            var chain = parsed.GetValue(rehearse)
                ? [.. MicroPipeline.Commands(parsed.GetRequiredValue(recipes), rehearsal, Path.Combine(rehearsal, "models")).Select(Rehearsal.Of)]
                : MicroPipeline.Commands(parsed.GetRequiredValue(recipes), folder, parsed.GetRequiredValue(models));
            foreach (var line in chain)
            {
                host.WriteResult($"genagent {string.Join(' ', line)}");
                if (parsed.GetValue(dry)) continue;
                var code = await CliApp.RunAsync(line, host, cancellationToken);
                if (code != ExitCode.Success) return (int)code;
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
