using System.Text;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Pages;
using GenAgent.Evaluation.Runs;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Reports;

/// <summary>The files of a report in an evaluation's folder.</summary>
internal static class ReportFiles
{
    public static async Task<EvaluationReport> WriteAsync(
        string folder, IBenchmark benchmark, ReportContext context, IReadOnlyList<BenchmarkTask> tasks, IEnumerable<Sample> samples,
        CancellationToken cancellationToken = default)
    {
        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        var ordered = tasks.SelectMany(t => byPrompt[t.Id].OrderBy(s => s.Index)).ToList();
        var report = EvaluationReport.Of(benchmark, context, tasks, ordered);
        Write(folder, "report.json", benchmark.ReportJson(report));
        Write(folder, "report.csv", ReportCsv.Write(report));
        Write(folder, "report.tex", ReportLatex.Write(report));
        ReportPage.Write(folder, benchmark, report, tasks, ordered, await RunDetails.ReadAsync(folder, cancellationToken));
        return report;
    }

    private static void Write(string folder, string name, string text) => AtomicFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(text));
}
