using System.CommandLine;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Training.Synthesis.Filters;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data filter</c>: drops what must not be learned from, balances the rest, and reports both.</summary>
internal sealed class DataFilter() : CliCommand("filter", "Filters and balances synthesized trajectories.")
{
    private static readonly BalanceOptions Defaults = new();

    private readonly Argument<string> _folder = Flag.Argument("folder", "A folder that data synth made.");
    private readonly Option<string> _out = Flag.Required(
        "--out", "DIR", "Where the kept trajectories and the report go; earlier filtered data is replaced.");
    private readonly Option<string?> _leakJudge = Flag.Of<string?>("--leak-judge", "URI", "A chat model that looks for hint leakage beside the lexical rules.");
    private readonly Option<double> _oneRound = Flag.Of(
        "--max-one-round", "X", "The most that trajectories of one round may make up.", Defaults.MaxOneRoundShare);
    private readonly Option<double> _category = Flag.Of(
        "--max-category", "X", "The most that a category may have, as a multiple of the mean.", Defaults.MaxCategoryRatio);
    private readonly Option<int> _words = Flag.Of("--max-words", "N", "The most words of a trajectory's turns.", 6000);
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, path) = (call.Host, call.PathOf(_out));
        var settings = call.Settings();
        using var model = call.Get(_leakJudge) is { } uri
            ? await BackendComposition.Create(host, settings).CreateChatClientAsync(uri, call.CancellationToken)
            : null;
        List<ISynthesisFilter> filters = [.. FilterRun.Standard().Where(f => f is not LengthFilter), new LengthFilter(maxWords: call.Get(_words))];
        if (model is not null) filters.Add(new LeakageJudgeFilter(model));
        var run = new FilterRun(filters, new() { MaxOneRoundShare = call.Get(_oneRound), MaxCategoryRatio = call.Get(_category) });
        var report = await run.RunAsync(StoredRuns.Find(host, call.Get(_folder)), path, call.CancellationToken);
        call.Write(_json, new { schema = "genagent.data_filter/1", folder = host.ShownPath(path), report }, () =>
        {
            DataTables.Write(host.Output, report);
            host.WriteResult(host.ShownPath(path));
        });
        return ExitCode.Success;
    }
}
