using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval list</c>: the benchmarks.</summary>
internal sealed class EvalList : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var command = new Command("list", "Lists the benchmarks, and whether they are here.") { json };
        command.SetAction(parsed =>
        {
            foreach (var benchmark in BenchmarkList.All)
            {
                var folder = PulledFiles.FolderOf(host, benchmark.Name);
                var status = benchmark.Pulls.All(file => File.Exists(Path.Combine(folder, file.Name))) ? (benchmark.TakesFile ? "file" : "here") : "pull";
                host.WriteResult(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { schema = "genagent.eval_list/1", name = benchmark.Name, description = benchmark.Description, status }, SnakeCaseJson.Options)
                    : $"{benchmark.Name,-14} {status,-5} {benchmark.Description}");
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
