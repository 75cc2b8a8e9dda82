using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Scoring;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Benchmarks;

/// <summary>Prompts, their categories, and who judges the images made for them. Immutable; safe to use from many tasks at once.</summary>
public interface IBenchmark
{
    /// <summary>Its name on the command line, in folders and in seeds, as <c>micro</c>.</summary>
    string Name { get; }

    /// <summary>Its name in prose, as <c>the miniature benchmark</c>.</summary>
    string Title { get; }

    /// <summary>Which of its prompts these are (a split, a version): stands in reports, and an evaluation is resumed only with the same.</summary>
    string Variant { get; }

    /// <summary>The prompts; those of one category follow one another.</summary>
    IReadOnlyList<BenchmarkTask> Tasks { get; }

    /// <summary>Means over categories.</summary>
    IReadOnlyList<BenchmarkSummary> Summaries { get; }

    /// <summary>What <see cref="BenchmarkTask.Difficulty"/> counts, in the singular, as <c>object</c>.</summary>
    string DifficultyUnit => "thing";

    /// <summary>A judge that needs no model; null where a model judges.</summary>
    IJudge? ExactJudge => null;

    /// <summary>How a model is asked about an image; null where a program judges.</summary>
    IReplyFormat? Format => null;

    /// <summary>The URI of the judge of the published figures, by name and version; null where a program judges.</summary>
    string? OfficialJudge => null;

    /// <summary>How one score is made of the images' values.</summary>
    ScoringRule Scoring => ScoringRule.OfCategories(Tasks.Select(t => t.Category).Distinct(StringComparer.Ordinal));

    /// <summary>Figures of others, to stand beside one's own.</summary>
    IReadOnlyList<PublishedScore> Published => [];

    /// <summary>What a strict success is, in one sentence of a report.</summary>
    string SuccessRule { get; }

    /// <summary>The kinds of errors that its judge tells (<see cref="Score.Errors"/>), in the report's order.</summary>
    IReadOnlyList<string> ErrorKinds => [];

    /// <summary>What its judge saw, as boxes to draw over the image.</summary>
    /// <param name="sample">An image with its judgment.</param>
    /// <returns>Boxes in pixels of the image; empty where the judge saw none.</returns>
    IReadOnlyList<ImageMark> Marks(Sample sample) => [];

    /// <summary>The content of <c>report.json</c>.</summary>
    /// <param name="report">The figures.</param>
    /// <returns>JSON, indented.</returns>
    string ReportJson(EvaluationReport report) => Reports.ReportJson.Write(report);
}
