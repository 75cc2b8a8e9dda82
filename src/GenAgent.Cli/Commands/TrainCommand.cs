using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Training;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent train STAGE RECIPE OUT</c>: trains a model; a run that was stopped goes on with <c>--resume</c>.</summary>
internal sealed class TrainCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags) => new("train", "Trains a model by a recipe.") { Vae(host) };

    private static Command Vae(CliHost host)
    {
        var recipeFile = new Argument<string>("recipe") { Description = "The recipe, a JSON file." };
        var folder = new Argument<string>("out") { Description = "Where checkpoints and logs go." };
        var changes = new Argument<string[]>("change") { Description = "Changes to the recipe, each NAME=VALUE.", Arity = ArgumentArity.ZeroOrMore };
        var resume = new Option<bool>("--resume") { Description = "Goes on from the last checkpoint." };
        var command = new Command("vae", "Trains the miniature autoencoder.") { recipeFile, folder, changes, resume };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var target = host.FullPath(parsed.GetRequiredValue(folder));
                var recipe = RecipeFile.Read<VaeRecipe>(host.FullPath(parsed.GetRequiredValue(recipeFile)), parsed.GetValue(changes)!);
                using var source = new MicroImageSource(recipe.Data);
                using var trainer = new VaeTrainer(new VaeTrainerOptions { Model = recipe.Model, Loss = recipe.Loss, Training = recipe.Training }, source);
                host.WriteResult($"{trainer.ParameterCount} parameters");
                var outcome = trainer.Run(
                    target, parsed.GetValue(resume), new ReconstructionEvaluation(source, target), new ProgressLines(), host.Screen.Profile.Out.Writer.WriteLine, cancellationToken);
                host.WriteResult(outcome.ToString());
                return (int)(outcome.Finished ? ExitCode.Success : host.StoppedBy());
            },
            CancellationToken.None));
        return command;
    }
}
