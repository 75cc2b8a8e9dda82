using GenAgent.Judging;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Teaching;

namespace GenAgent.Micro.Perception;

/// <summary>The request of a lesson: the words, their meaning, and the facts that they use, each with its answer. Immutable.</summary>
internal sealed record AskedPrompt(string Text, PromptConstraints Constraints, IReadOnlyList<string> Said)
{
    /// <summary>A prompt of the benchmark's kinds.</summary>
    public static AskedPrompt Of(MicroPrompt prompt) => new(prompt.Prompt, prompt.Constraints, Thinking.Said(prompt.Facts));

    /// <summary>A request in free wording; null if it cannot be drawn.</summary>
    public static AskedPrompt? Of(LanguageRequest request) => request.Asked is { } asked ? new(request.Text, asked, request.Said) : null;
}
