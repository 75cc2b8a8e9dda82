using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Runs;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval rescore</c>: works the scores out again from the kept replies, without asking anybody.</summary>
internal sealed class EvalRescore() : CliCommand("rescore", "Works scores out again from the judge's kept replies.")
{
    private readonly Argument<string[]> _folders = Flag.Arguments("folders", "Folders of evaluations.", ArgumentArity.OneOrMore);
    private readonly Option<string[]> _files = Flag.Many("--benchmark", "FILE", "The benchmark's file, where it reads one.");
    private readonly Option<string?> _prices = PricesFlag.Create();
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var prices = call.Get(_prices) is { } list ? Given.Read(() => PriceList.Read(call.Host.FullPath(list))) : null;
        foreach (var folder in call.Get(_folders).Select(call.Host.FullPath))
        {
            var benchmark = BenchmarkList.Find(Given.Read(() => Rescoring.BenchmarkOf(folder)))
                .Open(call.Host, [.. call.Get(_files).Select(call.Host.FullPath)], question: null);
            EvalResult.Write(call, _json, folder, benchmark, await Rescoring.RunAsync(folder, benchmark, prices, call.CancellationToken));
        }

        return ExitCode.Success;
    }
}
