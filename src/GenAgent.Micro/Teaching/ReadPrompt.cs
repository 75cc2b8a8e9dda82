using GenAgent.Judging;

namespace GenAgent.Micro.Teaching;

/// <summary>The result of <see cref="PromptReader"/>: constraints, or why there are none. Immutable.</summary>
/// <param name="Constraints">What the words ask for; null if the miniature world does not have it.</param>
/// <param name="Problem">Why there are no constraints, in words; null when there are.</param>
public sealed record ReadPrompt(PromptConstraints? Constraints, string? Problem);
