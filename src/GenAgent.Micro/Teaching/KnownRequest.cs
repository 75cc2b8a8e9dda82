using GenAgent.Judging;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;

namespace GenAgent.Micro.Teaching;

/// <summary>What <see cref="OracleTeacher"/> knows of a request beforehand. Immutable.</summary>
public sealed record KnownRequest
{
    /// <summary>What the request asks for; null if the miniature world cannot show it.</summary>
    public PromptConstraints? Asked { get; init; }

    /// <summary>The facts that the request uses, each with its answer.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];

    /// <summary>Why it cannot be drawn.</summary>
    internal DeclineReason Decline { get; init; } = DeclineReason.Thing;

    /// <summary>A prompt of the miniature benchmark's kinds.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>What it asks for, with its facts.</returns>
    public static KnownRequest Of(MicroPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new() { Asked = prompt.Constraints, Said = Thinking.Said(prompt.Facts) };
    }

    /// <summary>A request of the language.</summary>
    internal static KnownRequest Of(LanguageRequest request) =>
        new() { Asked = request.Asked, Said = request.Said, Decline = request.Decline ?? DeclineReason.Thing };
}
