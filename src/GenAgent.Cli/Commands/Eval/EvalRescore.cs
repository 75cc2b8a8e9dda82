using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval rescore</c>: works the scores out again from the kept replies, without asking anybody.</summary>
internal sealed class EvalRescore : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folders = new Argument<string[]>("folders") { Description = "Folders of evaluations.", Arity = ArgumentArity.OneOrMore };
        var files = new Option<string[]>("--benchmark") { Description = "The benchmark's file, where it reads one.", HelpName = "FILE", DefaultValueFactory = _ => [] };
        var prices = PricesFlag.Create();
        var json = JsonFlag.Create();
        var command = new Command("rescore", "Works scores out again from the judge's kept replies.") { folders, files, prices, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var list = parsed.GetValue(prices) is { } path ? PriceList.Read(host.FullPath(path)) : null;
            foreach (var name in parsed.GetRequiredValue(folders))
            {
                var folder = host.FullPath(name);
                var benchmark = BenchmarkList.Find(Rescoring.BenchmarkOf(folder)).Open(host, [.. parsed.GetValue(files)!.Select(host.FullPath)], question: null);
                var report = await Rescoring.RunAsync(folder, benchmark, list, cancellationToken);
                if (parsed.GetValue(json))
                {
                    host.WriteResult(JsonSerializer.Serialize(new { schema = "genagent.eval/1", folder = host.ShownPath(folder), report, cost = report.Cost, currency = report.Currency }, SnakeCaseJson.Options));
                    continue;
                }

                EvalScreen.WriteTable(host.Output, benchmark, report);
                ScoreScreen.Write(host.Output, benchmark, report);
                host.WriteResult(host.ShownPath(Path.Combine(folder, "report.html")));
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
