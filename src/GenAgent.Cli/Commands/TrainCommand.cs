using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent train STAGE RECIPE</c>: trains a model; a run that was stopped goes on with <c>--resume</c>.</summary>
internal sealed class TrainCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags) => new("train", "Trains a model by a recipe. Ctrl-C writes a checkpoint and stops; --resume goes on from it, bit by bit.")
    {
        Stage(host, flags, "vae", "Trains an autoencoder between pixels and latents.", VaeRun.Execute, VaeRun.Check),
        Stage(host, flags, "flow", "Trains a FLUX.1 transformer, and its text encoders, by flow matching on an autoencoder's latents.", FlowRun.Execute, FlowRun.Check),
        Stage(host, flags, "sight", "Trains the vision tower of a Qwen2.5-VL alone, on what stands in each place of an image.", SightRun.Execute, SightRun.Check),
        Stage(host, flags, "sft", "Fine-tunes a Qwen2.5-VL on trajectories and conversations, or trains one from nothing.", SftRun.Execute, SftRun.Check),
        Stage(host, flags, "rl", "Trains an agent further by reinforcement learning: it makes images, judges reward it (GRPO over whole trajectories).", RlRun.Execute, RlRun.Check),
        new TrainAblations().Build(host, flags),
    };

    private static Command Stage(CliHost host, GlobalFlags flags, string name, string description, Func<TrainCall, TrainingOutcome> execute, Func<TrainCall, DryRun> check)
    {
        var recipe = new Argument<string>("recipe") { Description = "The recipe, a JSON file; see recipes/." };
        var folder = new Option<string?>("--out") { Description = "Where checkpoints, log and model go; runs/ and the recipe's name unless given.", HelpName = "folder" };
        var resume = new Option<bool>("--resume") { Description = "Goes on from the newest whole checkpoint in the folder." };
        var dry = new Option<bool>("--dry-run") { Description = "Says what the run will take (parameters, memory, steps) and all that is wrong with the recipe and with each record of its data; trains nothing." };
        var command = new Command(name, description) { recipe, folder, resume, dry };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var file = host.FullPath(parsed.GetRequiredValue(recipe));
            var target = parsed.GetValue(folder) is { } given
                ? host.FullPath(given)
                : host.FullPath(Path.Combine("runs", $"{Path.GetFileName(Path.GetDirectoryName(file))}-{Path.GetFileNameWithoutExtension(file)}"));
            if (parsed.GetValue(dry)) return await CheckAsync(host, check, new TrainCall(file, target, Resume: false, parsed.GetValue(flags.Settings)!, SurroundingsOf(host), TrainingScreen.Silent, cancellationToken));
            Directory.CreateDirectory(target);
            using var writer = FolderLock.Take(target);
            var outcome = await TrainingScreen.ShowAsync(host, progress => Run(
                execute, new TrainCall(file, target, parsed.GetValue(resume), parsed.GetValue(flags.Settings)!, SurroundingsOf(host), progress, cancellationToken)));
            host.WriteResult(outcome.Finished ? host.ShownPath(target) : $"{host.ShownPath(target)}: stopped after step {outcome.Step}; go on with --resume");
            return (int)(outcome.Finished ? ExitCode.Success : host.StoppedBy());
        });
        return command;
    }

    private static TrainingSurroundings SurroundingsOf(CliHost host) => new(host.WorkingFolder, host.Time, async (modelFolder, generator, rounds, cancellationToken) =>
    {
        var settings = Settings.Read(host, file: null,
        [
            new("Backends:Agent", modelFolder, "rollouts"),
            new("Backends:Generator", generator, "rollouts.generator"),
            new("Agent:MaxRounds", rounds.ToString(CultureInfo.InvariantCulture), "rollouts.rounds"),
        ]);
        var composition = await AgentComposition.CreateAsync(host, settings, loggerFactory: null, cancellationToken);
        return new OpenedAgent(composition.Agent, composition);
    }, () => BackendComposition.Create(host, Settings.Read(host, file: null, []), loggerFactory: null));

    private static async Task<int> CheckAsync(CliHost host, Func<TrainCall, DryRun> check, TrainCall call)
    {
        var found = await Task.Run(() => Run(check, call), call.CancellationToken);
        foreach (var line in found.Lines) host.WriteResult(line);
        return found.Faults.Count == 0 ? (int)ExitCode.Success : throw new CliException(ExitCode.Usage, string.Join(Environment.NewLine, found.Faults));
    }

    private static T Run<T>(Func<TrainCall, T> execute, TrainCall call)
    {
        try
        {
            return execute(call);
        }
        catch (Exception fault) when (fault is RecipeException or ResumeMismatchException or InvalidOperationException)
        {
            throw new CliException(ExitCode.Usage, fault.Message, fault);
        }
        catch (TrainingDivergedException fault)
        {
            throw new CliException(ExitCode.Failed, fault.Message, fault);
        }
    }
}
