using System.Runtime.InteropServices;
using GenAgent.Cli.Training;
using GenAgent.Training.Autoencoder;
using GenAgent.Training.Recipes;

// Until the command line's structure lands: genagent train vae RECIPE OUT [--resume] [NAME=VALUE...]
using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => { context.Cancel = true; stop.Cancel(); });
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => { context.Cancel = true; stop.Cancel(); });
var recipe = RecipeFile.Read<VaeRecipe>(args[2], args.Where(a => a.Contains('=', StringComparison.Ordinal)));
using var source = new MicroImageSource(recipe.Data);
using var trainer = new VaeTrainer(new VaeTrainerOptions { Model = recipe.Model, Loss = recipe.Loss, Training = recipe.Training }, source);
Console.WriteLine($"{trainer.ParameterCount} parameters");
var progress = new ProgressLines();
var outcome = trainer.Run(args[3], args.Contains("--resume"), new ReconstructionEvaluation(source, args[3]), progress, Console.Error.WriteLine, stop.Token);
Console.WriteLine(outcome);
return outcome.Finished ? 0 : 130;
