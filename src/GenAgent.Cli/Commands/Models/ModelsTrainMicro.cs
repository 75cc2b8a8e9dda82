using System.CommandLine;
using GenAgent.Cli.Hosting;

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
        var command = new Command("train-micro", "Trains the miniature generator and the miniature agent from nothing (hours on two cores); started again, it goes on.") { recipes, runs, models, dry };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            foreach (var line in Chain(parsed.GetRequiredValue(recipes), parsed.GetRequiredValue(runs), parsed.GetRequiredValue(models)))
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

    /// <summary>The commands, in their order.</summary>
    internal static IReadOnlyList<string[]> Chain(string recipes, string runs, string models)
    {
        var painter = Path.Combine(runs, "micro-flux", "model");
        return
        [
            Train("vae", "vae"),
            Train("vae", "vae-decoder", "startFrom", "vae"),
            Train("flow", "flux", "vae", "vae-decoder"),
            ["models", "copy", painter, Path.Combine(models, "micro-flux")],
            Train("flow", "flux-b", "vae", "vae-decoder"),
            ["models", "copy", Path.Combine(runs, "micro-flux-b", "model"), Path.Combine(models, "micro-flux-b")],
            ["data", "paint", "--generator", painter, "--count", "6000", "--out", Path.Combine(runs, "micro-paintings")],
            Train("sft", "perception"),
            ["data", "synth", "--generator", painter, "--count", "12000", "--out", Path.Combine(runs, "micro-synth")],
            ["data", "filter", Path.Combine(runs, "micro-synth"), "--out", Path.Combine(runs, "micro-trajectories")],
            Train("sft", "sft", "startFrom", "perception/model"),
            ["models", "copy", Path.Combine(runs, "micro-sft", "model"), Path.Combine(models, "micro-agent")],
        ];

        string[] Train(string stage, string recipe, string? option = null, string? from = null) =>
        [
            "train", stage, Path.Combine(recipes, $"{recipe}.json"), "--out", Path.Combine(runs, $"micro-{recipe}"), "--resume",
            .. option is null ? [] : (string[])["--set", $"{option}={Path.Combine(runs, $"micro-{from}")}"],
        ];
    }
}
