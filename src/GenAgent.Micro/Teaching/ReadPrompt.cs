using GenAgent.Judging;

namespace GenAgent.Micro.Teaching;

/// <summary>What <see cref="PromptReader"/> made of a user's words: constraints, or why there are none. Immutable.</summary>
/// <param name="Constraints">What the words ask for; null when they ask for what the miniature world does not have.</param>
/// <param name="Problem">Why there are no constraints, in words; null when there are.</param>
public sealed record ReadPrompt(PromptConstraints? Constraints, string? Problem);
