using GenAgent.Judging;

namespace GenAgent.Micro.Language;

/// <summary>What a person typed, and what it means. Immutable.</summary>
/// <param name="Text">The request.</param>
/// <param name="Topic">What kind of request it is: <c>plain</c>, <c>places</c>, <c>sizes</c>, <c>background</c>, <c>knowledge</c>, <c>negation</c>,
/// <c>indirect</c>, <c>outside</c>, <c>list</c>.</param>
/// <param name="Asked">What it asks for; null where this world cannot show it.</param>
/// <param name="Decline">Why it cannot be drawn; null where it can.</param>
/// <param name="Said">The facts that it rests on, each with its answer.</param>
/// <param name="Source">Where its frame stands.</param>
internal sealed record LanguageRequest(string Text, string Topic, PromptConstraints? Asked, DeclineReason? Decline, IReadOnlyList<string> Said, string Source);
