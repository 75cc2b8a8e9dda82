using GenAgent.Judging;
using GenAgent.Micro.Facts;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// The miniature agent's thinking about a request before it plans: the required facts, each with its answer, then the resulting groups.
/// </summary>
internal static class Thinking
{
    /// <summary>The thinking, without its last full stop.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <param name="said">The facts, each with its answer, as <see cref="CanonicalWords.Of(Fact)"/> says them.</param>
    public static string Of(PromptConstraints asked, IReadOnlyList<string> said) => string.Concat(said.Select(fact => $"{fact}. ")) + CanonicalWords.Of(asked);

    /// <summary>The facts of these names, each with its answer.</summary>
    public static IReadOnlyList<string> Said(IReadOnlyList<string>? facts) => [.. (facts ?? []).Select(id => CanonicalWords.Of(FactTable.Get(id)))];
}
