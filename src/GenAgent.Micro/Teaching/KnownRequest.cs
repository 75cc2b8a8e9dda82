using GenAgent.Judging;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;

namespace GenAgent.Micro.Teaching;

/// <summary>What <see cref="OracleTeacher"/> and the lessons know of a request beforehand. Immutable.</summary>
public sealed record KnownRequest
{
    /// <summary>The request as typed.</summary>
    internal string Text { get; init; } = string.Empty;

    /// <summary>What the request asks for; null if the miniature world cannot show it.</summary>
    public PromptConstraints? Asked { get; init; }

    /// <summary>The facts that the request uses, each with its answer.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];

    /// <summary>What a request that can be drawn asks for.</summary>
    internal PromptConstraints Constraints => Asked ?? throw new InvalidOperationException($"\"{Text}\" cannot be drawn.");

    /// <summary>Why it cannot be drawn.</summary>
    internal DeclineReason Decline { get; init; } = DeclineReason.Thing;

    /// <summary>A prompt of the miniature benchmark's kinds.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>What it asks for, with its facts.</returns>
    public static KnownRequest Of(MicroPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new() { Text = prompt.Prompt, Asked = prompt.Constraints, Said = Thinking.Said(prompt.Facts) };
    }

    /// <summary>A request of the language.</summary>
    /// <param name="request">The request.</param>
    /// <returns>What it asks for, with its facts.</returns>
    internal static KnownRequest Of(LanguageRequest request) =>
        new() { Text = request.Text, Asked = request.Asked, Said = request.Said, Decline = request.Decline ?? DeclineReason.Thing };
}
