using GenAgent.Judging;

namespace GenAgent.Micro.Language;

/// <summary>A request as typed, with its meaning. Immutable.</summary>
/// <param name="Text">The request.</param>
/// <param name="Topic">What kind of request it is: <c>plain</c>, <c>places</c>, <c>sizes</c>, <c>background</c>, <c>knowledge</c>, <c>negation</c>,
/// <c>indirect</c>, <c>outside</c>, <c>list</c>.</param>
/// <param name="Asked">What it asks for; null if this world cannot show it.</param>
/// <param name="Decline">Why it cannot be drawn; null if it can.</param>
/// <param name="Said">The facts that it uses, each with its answer.</param>
/// <param name="Source">File and line of its frame.</param>
internal sealed record LanguageRequest(string Text, string Topic, PromptConstraints? Asked, DeclineReason? Decline, IReadOnlyList<string> Said, string Source);
