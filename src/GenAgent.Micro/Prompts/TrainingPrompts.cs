using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Prompts;

/// <summary>How training prompts are distributed.</summary>
public sealed record TrainingPromptOptions
{
    /// <summary>Relative frequency of each tag; tags that are not named are not drawn. Null for all categories and domains alike.</summary>
    public IReadOnlyDictionary<string, double>? TagWeights { get; init; }
}

/// <summary>
/// Draws prompts for training agents: the benchmark's categories, domains and facts, but never a combination that the benchmark tests.
/// The same seed gives the same prompt. Safe to use from many threads at once.
/// </summary>
public sealed class TrainingPrompts
{
    private readonly string[] _tags;
    private readonly double[] _weights;

    /// <summary>Makes a source.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">A tag is unknown, a weight is negative, or all are 0.</exception>
    public TrainingPrompts(TrainingPromptOptions? options = null)
    {
        string[] all = [.. PromptTags.Categories, .. PromptTags.KnowledgeDomains];
        var weights = options?.TagWeights ?? all.ToDictionary(t => t, _ => 1.0, StringComparer.Ordinal);
        if (weights.Keys.Except(all, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"No prompts are tagged \"{unknown}\"; there are {string.Join(", ", all)}.", nameof(options));
        if (weights.Values.Any(w => !(w >= 0)) || !(weights.Values.Sum() > 0))
            throw new ArgumentException($"{nameof(TrainingPromptOptions.TagWeights)} needs weights of 0 or more, not all 0.", nameof(options));
        _tags = [.. all.Where(weights.ContainsKey)];
        _weights = [.. _tags.Select(t => weights[t])];
    }

    /// <summary>The prompt of this seed; its id contains the seed.</summary>
    /// <param name="seed">The node of the seed tree that all random choices derive from.</param>
    /// <returns>The prompt.</returns>
    public MicroPrompt Draw(SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        var draws = new SeededDraws(seed);
        var tag = _tags[draws.Weighted(_weights)];
        while (true)
        {
            var prompt = MicroBenchmark.Draw($"train/{tag}/{seed.Value:x16}", tag, draws);
            if (!HeldOutCombinations.OfBenchmark.Contains(prompt))
                return prompt;
        }
    }
}
