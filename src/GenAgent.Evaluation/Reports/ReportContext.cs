using GenAgent.Evaluation.Runs;

namespace GenAgent.Evaluation.Reports;

/// <summary>What a report needs to know besides the samples. Immutable.</summary>
/// <param name="Subject">What was evaluated, and who judged.</param>
/// <param name="Questions">The hash of the judge's questions; null where a program judges, and for folders of earlier versions.</param>
internal sealed record ReportContext(EvaluationSubject Subject, string? Questions)
{
    /// <summary>Which limit ended the run before its end; null for none.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>What tokens and images cost; null for unknown.</summary>
    public PriceList? Prices { get; init; }
}
