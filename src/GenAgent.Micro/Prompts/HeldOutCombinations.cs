using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Prompts;

/// <summary>
/// Keeps the benchmark's content out of all training data: no training prompt has the same meaning or combines the same facts, and no training scene
/// satisfies a benchmark prompt. Immutable, safe to use from many threads at once.
/// </summary>
public sealed class HeldOutCombinations
{
    private static readonly Lazy<HeldOutCombinations> Shipped = new(
        () => new([.. MicroBenchmark.Load(PromptSplit.Test), .. MicroBenchmark.Load(PromptSplit.Validation)]));

    private readonly HashSet<string> _meanings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<MicroPrompt>> _byContent = new(StringComparer.Ordinal);

    /// <summary>Holds out these prompts' combinations.</summary>
    /// <param name="prompts">The prompts.</param>
    public HeldOutCombinations(IEnumerable<MicroPrompt> prompts)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        foreach (var prompt in prompts)
        {
            if (Combination.OfFacts(prompt.Facts) is { } facts)
                _facts.Add(facts);
            if (!_meanings.Add(Combination.OfMeaning(prompt.Include)))
                continue;
            var content = Content(prompt.Include.SelectMany(c => Enumerable.Repeat(c.Class, c.Count)));
            if (!_byContent.TryGetValue(content, out var alike))
                _byContent[content] = alike = [];
            alike.Add(prompt);
        }
    }

    /// <summary>The combinations of the shipped test and validation prompts.</summary>
    public static HeldOutCombinations OfBenchmark => Shipped.Value;

    /// <summary>True if a prompt has the same meaning as a held-out one, or combines the same facts.</summary>
    /// <param name="prompt">The prompt with its meaning.</param>
    /// <returns>True if it is held out.</returns>
    public bool Contains(MicroPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return _meanings.Contains(Combination.OfMeaning(prompt.Include)) || (Combination.OfFacts(prompt.Facts) is { } facts && _facts.Contains(facts));
    }

    /// <summary>True if a scene shows exactly what a held-out prompt asks for. Give this to <see cref="SceneSampler"/>.</summary>
    /// <param name="scene">The scene.</param>
    /// <returns>True if it is held out.</returns>
    public bool Contains(Scene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        if (!_byContent.TryGetValue(Content(scene.Objects.Select(o => Captions.WorldWords.Name(o.Class))), out var alike))
            return false;
        var reading = SceneReading.Of(scene);
        return alike.Exists(p => ConstraintVerifier.Verify(reading, p.Constraints).Passed);
    }

    // A scene can satisfy a prompt only if both have the same classes in the same numbers.
    private static string Content(IEnumerable<string> classes) => string.Join(' ', classes.Order(StringComparer.Ordinal));
}
