using System.Text;
using System.Text.Json;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Sheets;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Reports;

/// <summary>The files of a report in an evaluation's folder.</summary>
internal static class ReportFiles
{
    public static void Write(string folder, IBenchmark benchmark, EvaluationReport report, IReadOnlyList<BenchmarkTask> tasks, IReadOnlyList<Sample> samples)
    {
        Write(folder, "report.json", JsonSerializer.Serialize(benchmark.Layout(report), EvaluationFolder.IndentedJson));
        Write(folder, "report.html", ContactSheet.Write(benchmark, report, tasks, samples, place => RecordFolder.ReadImage(folder, place)));
    }

    private static void Write(string folder, string name, string text) => AtomicFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(text));
}
