using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Storage;
using GenAgent.Training.Recipes;
using GenAgent.Validation;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>What a worker must know to make rollouts of <c>train rl</c>.</summary>
/// <param name="Recipe">The recipe, with what the call changed.</param>
/// <param name="Prompts">The file of prompts; null for the miniature world's.</param>
internal sealed record RolloutWork(JsonElement Recipe, SharedFile? Prompts)
{
    public const string Kind = "rollouts";

    /// <summary>What the owner of a run tells.</summary>
    public static RolloutWork Of(CliHost host, RlRecipe recipe) => new(
        JsonSerializer.SerializeToElement(recipe, RecipeFile.Json),
        recipe.Prompts.Path.Length > 0 ? SharedFile.Of(host, host.FullPath(recipe.Prompts.Path)) : null);

    /// <summary>Sets a worker up.</summary>
    public async Task<ISharedWork> OpenAsync(WorkerScope scope, CancellationToken cancellationToken)
    {
        var host = scope.Host;
        var recipe = Recipe.Deserialize<RlRecipe>(RecipeFile.Json) ?? throw new JsonException("null");
        OptionRules.Validate(recipe, string.Empty);
        string[] backends =
            [.. new[] { recipe.Engine, recipe.Generator, recipe.Judge, recipe.PairwiseJudge, recipe.Monitor }.Where(backend => backend.Length > 0)];
        scope.Check(backends);
        RequireInner(scope, recipe.StartFrom);
        recipe = recipe with { Prompts = recipe.Prompts with { Path = Prompts?.Find(host) ?? string.Empty } };

        // They are allowed: as if the worker's user had named them.
        var changes = backends.Select(backend => $"allowed={backend}").ToList();
        var surroundings = TrainCommand.SurroundingsOf(host, values => scope.Call.Settings(values));
        var call = new TrainCall(
            "the shared run", string.Empty, Resume: false, changes, surroundings, TrainingScreen.Silent, cancellationToken);
        return new Setup(await Task.Run(() => RlRun.OpenWorker(call, recipe), cancellationToken));
    }

    // A recipe may name a folder without "./".
    private static void RequireInner(WorkerScope scope, string startFrom)
    {
        scope.Check(startFrom);
        var isNamed = scope.Allowed.Contains(startFrom, StringComparer.Ordinal) || BackendUri.TryParse(startFrom, out _, out _);
        if (!isNamed && !InnerPath.IsInner(scope.Host.WorkingFolder, startFrom))
            throw new CliException(ExitCode.Usage, $"the run starts from \"{startFrom}\", which lies outside of this worker's working folder.");
    }

    private sealed class Setup(RlWorker worker) : ISharedWork
    {
        public RunManifest Manifest => worker.Manifest;

        public Task<ReadOnlyMemory<byte>> MakeAsync(string key, CancellationToken cancellationToken) => worker.MakeAsync(key, cancellationToken);

        public ValueTask DisposeAsync()
        {
            worker.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
