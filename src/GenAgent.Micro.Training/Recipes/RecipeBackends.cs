using GenAgent.Models;
using GenAgent.Training.Grpo.Engines;
using GenAgent.Training.Recipes;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>
/// Opens the generators and judges that a recipe names. A recipe may come from someone else: a server elsewhere that only the file names is not called, and
/// no secret that only the file names is sent.
/// </summary>
internal static class RecipeBackends
{
    public static IImageGenerator OpenGenerator(this TrainCall call, string uri, string key) =>
        Open(call, uri, key, backends => backends.CreateImageGeneratorAsync(uri, call.CancellationToken));

    public static IChatClient OpenChat(this TrainCall call, string uri, string key) =>
        Open(call, uri, key, backends => backends.CreateChatClientAsync(uri, call.CancellationToken));

    /// <summary>Opens the engine that samples a recipe's rollouts.</summary>
    /// <exception cref="RecipeException">It is not trusted, or its URI is wrong.</exception>
    /// <exception cref="BackendException">No replica can be used.</exception>
    public static IRolloutEngine OpenEngine(this TrainCall call, RlRecipe recipe, string modelFolder)
    {
        const string key = "engine";
        call.RequireTrusted(recipe.Engine, key);
        var open = call.Surroundings.OpenEngine ?? throw new RecipeException($"{key}: this program opens no inference engines; leave it empty.");
        var request = new RolloutEngineRequest(recipe.Engine, modelFolder, recipe.Grpo.Temperature, recipe.Grpo.LoraRank > 0, call.Screen.Tell);
        try
        {
            return open(request, call.CancellationToken).GetAwaiter().GetResult();
        }
        catch (BackendUriException wrong)
        {
            throw new RecipeException($"{key}: {wrong.Message}", wrong);
        }
    }

    /// <summary>Refuses a backend that the user has to name in the call.</summary>
    /// <exception cref="RecipeException">It is a server on another machine, or asks for a secret by name, and no <c>--set</c> names it.</exception>
    public static void RequireTrusted(this TrainCall call, string uri, string key)
    {
        if (!BackendUri.TryParse(uri, out var named, out _) || call.Changes.Any(change => string.Equals(Value(change), uri, StringComparison.Ordinal))) return;
        var asksForSecret = named.Parameters.ContainsKey("key");
        var isElsewhere = named.Parameters.Values.Concat(named.Endpoints.Select(endpoint => endpoint.AbsoluteUri))
            .Any(value => Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                && !address.IsLoopback);
        if (asksForSecret || isElsewhere)
        {
            throw new RecipeException(
                $"{key}: the recipe names \"{uri}\". A server on another machine that only a file names is not called, and a key that only a file names is not "
                    + $"sent. If you trust it, name it yourself: --set \"{key}={uri}\"");
        }
    }

    private static T Open<T>(TrainCall call, string uri, string key, Func<BackendRegistry, ValueTask<T>> open)
    {
        call.RequireTrusted(uri, key);
        try
        {
            return open(call.Surroundings.Backends()).AsTask().GetAwaiter().GetResult();
        }
        catch (BackendUriException wrong)
        {
            throw new RecipeException($"{key}: {wrong.Message}", wrong);
        }
    }

    private static string Value(string change) => change[(change.IndexOf('=', StringComparison.Ordinal) + 1)..];
}
