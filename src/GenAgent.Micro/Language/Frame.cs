namespace GenAgent.Micro.Language;

/// <summary>One frame of the request language. Immutable.</summary>
/// <param name="Section">Its section: <c>np</c>, <c>sentence</c>, <c>group</c>, <c>wrap</c>, <c>before</c>, <c>after</c>, <c>attach</c>,
/// <c>attach-before</c>, <c>outside</c>.</param>
/// <param name="Topic">The file's name without its ending, as <c>places</c>.</param>
/// <param name="Text">What a person types.</param>
/// <param name="Meaning">What it means; nothing for groups, wraps and chat.</param>
/// <param name="Number">Of a group: the only number that it fits; 0 for two or more, -1 for any.</param>
/// <param name="Source">File and line, as in <c>w1/places.frames(12)</c>.</param>
internal sealed record Frame(string Section, string Topic, FrameText Text, MeaningTemplate Meaning, int Number, string Source);
