using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>How an evaluation's figures are told: as JSON, or as tables and the path of the report.</summary>
internal static class EvalResult
{
    public static void Write(CliCall call, Option<bool> json, string folder, IBenchmark benchmark, EvaluationReport report)
    {
        var host = call.Host;
        call.Write(json, new { schema = "genagent.eval/1", folder = host.ShownPath(folder), report, cost = report.Cost, currency = report.Currency }, () =>
        {
            EvalScreen.WriteTable(host.Output, benchmark, report);
            ScoreScreen.Write(host.Output, benchmark, report);
            host.WriteResult(host.ShownPath(Path.Combine(folder, "report.html")));
        });
    }
}
