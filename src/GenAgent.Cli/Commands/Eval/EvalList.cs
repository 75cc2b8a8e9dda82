using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval list</c>: the benchmarks.</summary>
internal sealed class EvalList() : CliCommand("list", "Lists the benchmarks, and whether they are here.")
{
    private readonly Option<bool> _json = Flag.Json();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        foreach (var benchmark in BenchmarkList.All)
        {
            var folder = PulledFiles.FolderOf(call.Host, benchmark.Name);
            var isHere = benchmark.Pulls.All(file => File.Exists(Path.Combine(folder, file.Name)));
            var status = !isHere ? "pull" : benchmark.TakesFile ? "file" : "here";
            call.Write(
                _json, new { schema = "genagent.eval_list/1", name = benchmark.Name, description = benchmark.Description, status },
                () => call.Host.WriteResult($"{benchmark.Name,-14} {status,-5} {benchmark.Description}"));
        }

        return Success;
    }
}
