using System.Text.Json;
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

    /// <summary>The stage whose recipes know every key of a file; null when there is none, or when the record given is such a one.</summary>
    /// <param name="path">The recipe's file.</param>
    /// <param name="besides">The record that the file was read as.</param>
    internal static string? StageOf(string path, Type besides)
    {
        var keys = RecipeFile.KeysOf(path);
        return keys.Count == 0 || Knows(besides, keys) ? null : All.Where(kind => Knows(kind.Value, keys)).Select(kind => kind.Key).FirstOrDefault();
    }

    private static bool Knows(Type record, IReadOnlyList<string> keys) =>
        keys.All(key => record.GetProperties()
            .Any(property => string.Equals(JsonNamingPolicy.CamelCase.ConvertName(property.Name), key, StringComparison.Ordinal)));
}
