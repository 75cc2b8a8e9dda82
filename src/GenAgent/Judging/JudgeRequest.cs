using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>An image, and what it was meant to show.</summary>
/// <param name="Prompt">The user's own words.</param>
/// <param name="Image">The image, encoded (PNG, JPEG or WebP).</param>
/// <param name="Constraints">The prompt's meaning in machine-readable form, where a benchmark provides it; a judge that needs it and has none returns <see cref="NoScore"/>.</param>
public sealed record JudgeRequest(string Prompt, DataContent Image, PromptConstraints? Constraints = null);
