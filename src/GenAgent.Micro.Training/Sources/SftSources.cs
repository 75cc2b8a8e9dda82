using GenAgent.Micro.Perception;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Training.Recipes;
using GenAgent.Training.Sft.Conversations;

namespace GenAgent.Micro.Training.Sources;

/// <summary>The kinds of conversations that a recipe can name. A part that brings one adds its line here.</summary>
internal static class SftSources
{
    internal const string Paintings = "paintings";

    private static readonly SortedDictionary<string, Func<SftDataOptions, TrainCall, IConversationSource>> Kinds = new(StringComparer.Ordinal)
    {
        [Paintings] = (data, call) => LessonConversations.Painted(call.FullPath(data.Path), data.Perception ?? new PerceptionOptions { Seed = data.Seed }),
        ["perception"] = (data, _) => LessonConversations.Rendered(data.Perception ?? new PerceptionOptions { Seed = data.Seed }),
        ["trajectories"] = (data, call) =>
            TrajectorySource.Open(call.FullPath(data.Path), new TrajectoryChoice(data.LeastRounds, data.MostRounds), call.CancellationToken),
        ["sharegpt"] = (data, call) => ShareGptSource.Open(call.FullPath(data.Path)),
    };

    /// <summary>Opens one source.</summary>
    /// <exception cref="RecipeException">There is no such kind.</exception>
    /// <exception cref="IOException">The folder or file is not there.</exception>
    /// <exception cref="InvalidDataException">It holds nothing to learn from.</exception>
    public static IConversationSource Open(SftDataOptions data, TrainCall call) => Kinds.TryGetValue(data.Kind, out var open)
        ? open(data, call)
        : throw new RecipeException($"data: there is no kind \"{data.Kind}\"; there are {string.Join(", ", Kinds.Keys)}.");

    /// <summary>Opens each source of a recipe.</summary>
    public static IReadOnlyList<IConversationSource> OpenEach(SftRecipe recipe, TrainCall call) => recipe.Data.Count > 0
        ? [.. recipe.Data.Select(data => Open(data, call))]
        : throw new RecipeException("data names no source: there is nothing to train on.");

    /// <summary>What a run reads: one source as it is, several as a mixture.</summary>
    public static IConversationSource Mix(SftRecipe recipe, IReadOnlyList<IConversationSource> sources) => sources.Count == 1
        ? sources[0]
        : new MixedConversationSource([.. sources.Zip(recipe.Data, (source, data) => (source, data.Weight))], recipe.Training.Seed);
}
