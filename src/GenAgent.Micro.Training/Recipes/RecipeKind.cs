using System.Text.Json;
using GenAgent.Micro.Training.Ablations;
using GenAgent.Micro.Training.Pipeline;
using GenAgent.Training.Recipes;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>The kinds of training recipes, one for each stage of <c>genagent train</c>.</summary>
public static class RecipeKind
{
    /// <summary>The record of each stage's recipes, by the stage's name.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["vae"] = typeof(VaeRecipe),
        ["flow"] = typeof(FlowRecipe),
        ["sight"] = typeof(SightRecipe),
        ["sft"] = typeof(SftRecipe),
        ["rl"] = typeof(RlRecipe),
    };

    // Every kind of recipe, by the command that reads it.
    private static readonly IReadOnlyDictionary<string, Type> Commands = new Dictionary<string, Type>(
        All.Select(stage => KeyValuePair.Create($"genagent train {stage.Key}", stage.Value)), StringComparer.Ordinal)
    {
        ["genagent train ablations"] = typeof(AblationStudy),
        ["genagent pipeline"] = typeof(TrainingPipeline),
    };

    /// <summary>Reads a recipe.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="path">The recipe's file.</param>
    /// <param name="changes">Changes to it, as <c>key=value</c>.</param>
    /// <exception cref="RecipeException">It cannot be used; a recipe of another command is named as such.</exception>
    internal static T Read<T>(string path, IEnumerable<string>? changes = null)
        where T : class
    {
        try
        {
            return RecipeFile.Read<T>(path, changes);
        }
        catch (RecipeException) when (CommandOf(path, besides: typeof(T)) is { } command)
        {
            throw new RecipeException($"{path} is a recipe of \"{command}\".");
        }
    }

    // The command whose recipes know every key of a file; null when there is none, or when the record given is such a one.
    private static string? CommandOf(string path, Type besides)
    {
        var keys = RecipeFile.KeysOf(path);
        return keys.Count == 0 || Knows(besides, keys) ? null : Commands.Where(kind => Knows(kind.Value, keys)).Select(kind => kind.Key).FirstOrDefault();
    }

    private static bool Knows(Type record, IReadOnlyList<string> keys) =>
        keys.All(key => record.GetProperties()
            .Any(property => string.Equals(JsonNamingPolicy.CamelCase.ConvertName(property.Name), key, StringComparison.Ordinal)));
}
