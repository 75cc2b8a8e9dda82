using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>An image and what it should show.</summary>
/// <param name="Prompt">The user's own words.</param>
/// <param name="Image">The image, encoded (PNG, JPEG or WebP).</param>
/// <param name="Constraints">The prompt's meaning in machine-readable form, where a benchmark provides it; a judge that needs it and has none returns
/// <see cref="NoScore"/>.</param>
public sealed record JudgeRequest(string Prompt, DataContent Image, PromptConstraints? Constraints = null)
{
    /// <summary>What the image should show, in words: the meaning of a riddle, a note on what matters; null where a benchmark provides none.</summary>
    public string? Reference { get; init; }

    /// <summary>Questions about the image, with the answers of a perfect one; empty where a benchmark provides none.</summary>
    public IReadOnlyList<ImageQuestion> Questions { get; init; } = [];
}

/// <summary>A question about an image.</summary>
/// <param name="Text">The question.</param>
/// <param name="Answer">What is answered about a perfect image, as <c>Yes</c> or <c>four</c>.</param>
/// <param name="Skill">What it tests, as <c>count</c>; null where nobody says.</param>
public sealed record ImageQuestion(string Text, string Answer = "Yes", string? Skill = null);
