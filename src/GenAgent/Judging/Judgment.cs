using System.Text.Json;

namespace GenAgent.Judging;

/// <summary>What a judge says: a <see cref="Score"/>, or <see cref="NoScore"/> when it could not judge.</summary>
/// <param name="Judge">The judge's name and version.</param>
public abstract record Judgment(string Judge)
{
    /// <summary>What the judge's model replied, verbatim, every try included; empty for a judge that asks no model, or does not tell.</summary>
    public IReadOnlyList<JudgeReply> Replies { get; init; } = [];
}

/// <summary>A judgment that was reached.</summary>
/// <param name="Judge">The judge's name and version.</param>
/// <param name="Value">How well the image meets the prompt, in [0, 1].</param>
/// <param name="Passed">The strict verdict: everything that was asked for is there.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record Score(string Judge, double Value, bool Passed, string Reason) : Judgment(Judge)
{
    /// <summary>The single checks that the value was made from; empty for a judge that gives only a value.</summary>
    public IReadOnlyList<Check> Checks { get; init; } = [];

    /// <summary>What went wrong, by the judge's own kinds of errors, one entry each, as <c>wrongColor</c>; empty for a judge that tells none.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>What the judge saw in the image, in its own layout; empty for a judge that does not tell.</summary>
    public IReadOnlyList<JsonElement> Seen { get; init; } = [];
}

/// <summary>The judge could not judge. This is no number: it is left out of every mean, and counted.</summary>
/// <param name="Judge">The judge's name and version.</param>
/// <param name="Error">What went wrong.</param>
public sealed record NoScore(string Judge, string Error) : Judgment(Judge);

/// <summary>One question about an image, answered.</summary>
/// <param name="Question">What was checked.</param>
/// <param name="Passed">Whether it holds.</param>
/// <param name="Expected">What should be seen.</param>
/// <param name="Found">What is seen.</param>
public sealed record Check(string Question, bool Passed, string Expected, string Found);
