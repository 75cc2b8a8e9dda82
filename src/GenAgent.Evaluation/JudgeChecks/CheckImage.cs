using GenAgent.Judging;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.JudgeChecks;

/// <summary>An image whose truth is known: what a judge is tried on. Immutable.</summary>
/// <param name="Prompt">The prompt that it is held against.</param>
/// <param name="Constraints">The prompt's meaning.</param>
/// <param name="Image">The image.</param>
/// <param name="IsRight">Whether it shows what the prompt asks for.</param>
public sealed record CheckImage(string Prompt, PromptConstraints Constraints, DataContent Image, bool IsRight);
