using GenAgent.Judging;
using GenAgent.Micro.Facts;

namespace GenAgent.Micro.Teaching;

/// <summary>What the miniature agent makes of a request before it plans: the facts that it rests on, each with its answer, then the groups that follow.</summary>
internal static class Thinking
{
    public static string Of(PromptConstraints asked, IReadOnlyList<string>? facts) =>
        string.Concat((facts ?? []).Select(id => $"{CanonicalWords.Of(FactTable.Get(id))}. ")) + CanonicalWords.Of(asked);
}
