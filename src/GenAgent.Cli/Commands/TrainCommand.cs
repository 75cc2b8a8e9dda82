using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Commands.Sharing;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Models;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent train STAGE RECIPE</c>: trains a model; a run that was stopped goes on with <c>--resume</c>.</summary>
internal sealed class TrainCommand(
    string name, string description, Func<TrainCall, TrainingOutcome> execute, Func<TrainCall, DryRun> check, bool shares = false)
    : CliCommand(name, description)
{
    private readonly Argument<string> _recipe = Flag.Argument("recipe", "The recipe, a JSON file; see recipes/.");
    private readonly Option<string?> _out = Flag.Of<string?>(
        "--out", "folder", "Where checkpoints, log and model go; runs/ and the recipe's name unless given.");
    private readonly Option<bool> _resume = Flag.Switch("--resume", "Goes on from the newest whole checkpoint in the folder.");
    private readonly Option<bool> _dry = Flag.Switch(
        "--dry-run",
        "Says what the run will take (parameters, memory, steps) and all that is wrong with the recipe and with each record of its data; trains nothing.");
    private readonly ShareFlag? _share = shares ? new(
        "Leaves the rollouts to \"genagent worker\" processes on this PostgreSQL database (postgres://USER@HOST/NAME), or on a folder of this machine. They "
            + "sample from the recipe's engine.") : null;

    /// <summary>The commands of <c>genagent train</c>. A new stage is a line here.</summary>
    public static CommandGroup All() => new(
        "train", "Trains a model by a recipe. Ctrl-C writes a checkpoint and stops; --resume goes on from it, bit by bit.",
        new TrainCommand("vae", "Trains an autoencoder between pixels and latents.", VaeRun.Execute, VaeRun.Check),
        new TrainCommand(
            "flow", "Trains a FLUX.1 transformer, and its text encoders, by flow matching on an autoencoder's latents.", FlowRun.Execute, FlowRun.Check),
        new TrainCommand(
            "sight", "Trains the vision tower of a Qwen2.5-VL alone, on what stands in each place of an image.", SightRun.Execute, SightRun.Check),
        new TrainCommand("sft", "Fine-tunes a Qwen2.5-VL on trajectories and conversations, or trains one from nothing.", SftRun.Execute, SftRun.Check),
        new TrainCommand(
            "rl", "Trains an agent further by reinforcement learning: it makes images, judges reward it (GRPO over whole trajectories).", RlRun.Execute,
            RlRun.Check, shares: true),
        new TrainAblations());

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, file) = (call.Host, call.PathOf(_recipe));
        var target = host.FullPath(
            call.Get(_out) ?? Path.Combine("runs", $"{Path.GetFileName(Path.GetDirectoryName(file))}-{Path.GetFileNameWithoutExtension(file)}"));

        // --set changes the recipe here, so that the configuration is that of the file and the environment.
        var surroundings = SurroundingsOf(host, values => Settings.Read(host, call.ConfigFile, values));
        TrainCall Training(ITrainingObserver observer, bool resume) =>
            new(file, target, resume, call.Get(call.Flags.Settings), surroundings, observer, call.CancellationToken);
        if (call.Get(_dry)) return await CheckAsync(host, Training(TrainingScreen.Silent, resume: false));
        Directory.CreateDirectory(target);
        using var writer = FolderLock.Take(target);
        await using var share = await ShareAsync(call, () => Training(TrainingScreen.Silent, resume: false));
        var outcome = await TrainingScreen.ShowAsync(host, observer => Run(execute, Training(observer, call.Get(_resume)) with { Sharing = share?.Sharing }));
        host.WriteResult(outcome.Finished ? host.ShownPath(target) : $"{host.ShownPath(target)}: stopped after step {outcome.Step}; go on with --resume");
        return outcome.Finished ? ExitCode.Success : host.StoppedBy();
    }

    private async Task<OpenShare?> ShareAsync(CliCall call, Func<TrainCall> training)
    {
        if (_share is null || call.Get(_share.Option) is null) return null;
        var settings = Settings.Read(call.Host, call.ConfigFile, []);
        return await _share.OpenAsync(call, settings, jobs: 0, () => RolloutWork.Of(call.Host, training().Read<RlRecipe>()));
    }

    /// <summary>What a training takes from outside.</summary>
    /// <param name="host">Where it runs.</param>
    /// <param name="read">Reads the configuration with options that the training sets.</param>
    internal static TrainingSurroundings SurroundingsOf(CliHost host, Func<IReadOnlyList<FlagValue>, Settings> read)
    {
        BackendRegistry Backends() => BackendComposition.Create(host, read([]), loggerFactory: null);
        return new(host.WorkingFolder, host.Time, async (model, generator, rounds, cancellationToken) =>
        {
            var settings = read(
            [
                new("Backends:Agent", model, "rollouts"),
                new("Backends:Generator", generator, "rollouts.generator"),
                new("Agent:MaxRounds", rounds.ToString(CultureInfo.InvariantCulture), "rollouts.rounds"),
            ]);
            var composition = await AgentComposition.CreateAsync(host, settings, loggerFactory: null, cancellationToken);
            return new OpenedAgent(composition.Agent, composition);
        }, Backends)
        {
            OpenEngine = (request, cancellationToken) => EngineRollouts.OpenAsync(Backends(), request, cancellationToken),
        };
    }

    private async Task<ExitCode> CheckAsync(CliHost host, TrainCall call)
    {
        var found = await Task.Run(() => Run(check, call), call.CancellationToken);
        foreach (var line in found.Lines) host.WriteResult(line);
        return found.Faults.Count == 0 ? ExitCode.Success : throw new CliException(ExitCode.Usage, string.Join(Environment.NewLine, found.Faults));
    }

    private static T Run<T>(Func<TrainCall, T> execute, TrainCall call)
    {
        try
        {
            return execute(call);
        }
        catch (Exception fault) when (fault is RecipeException or ResumeMismatchException or InvalidOperationException or InvalidDataException
            or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCode.Usage, fault.Message, fault);
        }
        catch (TrainingDivergedException fault)
        {
            throw new CliException(ExitCode.Failed, fault.Message, fault);
        }
    }
}
