using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Scoring;

/// <summary>A score and the columns that it was made of. Immutable.</summary>
/// <param name="Overall">The score; null where there is none.</param>
/// <param name="Interval">Its 95 % interval, over prompts; null where there is none.</param>
/// <param name="Columns">The columns, in the paper's order; one without a value is left out.</param>
/// <param name="Note">What is to be said of it, for instance why there is no score; null for nothing.</param>
public sealed record ScoreTable(double? Overall, Interval? Interval, IReadOnlyList<ScoreValue> Columns, string? Note = null)
{
    /// <summary>Means of single marks over the prompts whose judgement has them, by name.</summary>
    public IReadOnlyDictionary<string, double> Also { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}

/// <summary>One column's value.</summary>
/// <param name="Name">The column's head.</param>
/// <param name="Prompts">Over how many prompts.</param>
/// <param name="Value">The mean over them.</param>
/// <param name="Interval">Its 95 % interval, over prompts.</param>
public sealed record ScoreValue(string Name, int Prompts, double Value, Interval Interval);

/// <summary>An image without a verdict.</summary>
/// <param name="Prompt">The prompt's id.</param>
/// <param name="Index">Which image of the prompt, from 0.</param>
/// <param name="Why">Why there is none.</param>
public sealed record Unscored(string Prompt, int Index, string Why);

/// <summary>Both scores of an evaluation. Immutable.</summary>
/// <param name="Official">What the published script would print, its faults kept.</param>
/// <param name="Sound">Failed judgements left out and listed, missing images counted 0, all prompts weighed.</param>
/// <param name="Failed">Images whose judgement failed.</param>
/// <param name="Missing">Prompts without an image.</param>
public sealed record BenchmarkScores(ScoreTable Official, ScoreTable Sound, IReadOnlyList<Unscored> Failed, IReadOnlyList<Unscored> Missing);
