using System.CommandLine;
using GenAgent.Cli.Hosting;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>
/// <c>genagent eval pull</c>: gets the files of a benchmark that we may not ship, from where their authors publish them or from the user's own copy.
/// </summary>
internal sealed class EvalPull() : CliCommand("pull", "Gets a benchmark that cannot be shipped, and checks it by hash.")
{
    private readonly Argument<string> _name = Flag.Argument("name", "The benchmark, as eval list names it.");
    private readonly Option<string?> _from = Flag.Of<string?>(
        "--from", "FOLDER|URL", "A folder with the files, or a URL that they lie below; by default where their authors publish them.");

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var benchmark = BenchmarkList.Find(call.Get(_name));
        if (benchmark.Pulls.Count == 0)
        {
            throw new CliException(ExitCode.Usage, $"{benchmark.Name} needs no pulling: {(benchmark.TakesFile ? "it reads your file" : "it is shipped")}.");
        }

        var folder = PulledFiles.FolderOf(host, benchmark.Name);
        Directory.CreateDirectory(folder);
        foreach (var file in benchmark.Pulls)
        {
            var (path, aside) = (Path.Combine(folder, file.Name), Path.Combine(folder, $".{file.Name}.tmp"));
            await File.WriteAllBytesAsync(aside, await ReadAsync(host, file, call.Get(_from), call.CancellationToken), call.CancellationToken);
            if (PulledFiles.Fault(aside, file) is { } fault)
            {
                File.Delete(aside);
                throw new CliException(ExitCode.Storage, fault);
            }

            File.Move(aside, path, overwrite: true);
            host.WriteResult(path);
        }

        benchmark.Open(host, [], question: null);
        return ExitCode.Success;
    }

    private static async Task<byte[]> ReadAsync(CliHost host, PulledFile file, string? from, CancellationToken cancellationToken)
    {
        if (from is not null && !from.Contains("://", StringComparison.Ordinal))
        {
            return await File.ReadAllBytesAsync(Path.Combine(host.FullPath(from), file.Name), cancellationToken);
        }

        var source = from is null ? file.Source : new Uri(new Uri(from.EndsWith('/') ? from : from + "/"), file.Name);
        using var http = new HttpClient();
        try
        {
            return await http.GetByteArrayAsync(source, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CliException(ExitCode.Backend, $"{source}: {e.Message} Get the file by other means, and call: genagent eval pull NAME --from FOLDER", e);
        }
    }
}
