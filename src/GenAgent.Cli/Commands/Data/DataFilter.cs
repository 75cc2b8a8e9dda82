using System.CommandLine;
using GenAgent.Cli.Commands.Traj;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Training.Synthesis.Filters;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data filter</c>: drops what must not be learned from, balances the rest, and reports both.</summary>
internal sealed class DataFilter : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = new Argument<string>("folder") { Description = "A folder that data synth made." };
        var target = new Option<string>("--out") { Description = "Where the kept trajectories and the report go; earlier filtered data is replaced.", HelpName = "DIR", Required = true };
        var leakJudge = new Option<string?>("--leak-judge") { Description = "A chat model that looks for hint leakage beside the lexical rules.", HelpName = "URI" };
        var oneRound = new Option<double>("--max-one-round") { Description = "The most that trajectories of one round may make up.", HelpName = "X", DefaultValueFactory = _ => new BalanceOptions().MaxOneRoundShare };
        var category = new Option<double>("--max-category") { Description = "The most that a category may have, as a multiple of the mean.", HelpName = "X", DefaultValueFactory = _ => new BalanceOptions().MaxCategoryRatio };
        var words = new Option<int>("--max-words") { Description = "The most words of a trajectory's turns.", HelpName = "N", DefaultValueFactory = _ => 6000 };
        var json = JsonFlag.Create();
        var command = new Command("filter", "Filters and balances synthesized trajectories.") { folder, target, leakJudge, oneRound, category, words, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = flags.Read(host, parsed);
            var path = host.FullPath(parsed.GetRequiredValue(target));
            using var model = parsed.GetValue(leakJudge) is { } uri ? await BackendComposition.Create(host, settings).CreateChatClientAsync(uri, cancellationToken) : null;
            List<ISynthesisFilter> filters = [.. FilterRun.Standard().Where(f => f is not LengthFilter), new LengthFilter(maxWords: parsed.GetValue(words))];
            if (model is not null)
            {
                filters.Add(new LeakageJudgeFilter(model));
            }

            var run = new FilterRun(filters, new() { MaxOneRoundShare = parsed.GetValue(oneRound), MaxCategoryRatio = parsed.GetValue(category) });
            var report = await run.RunAsync(StoredRuns.Find(host, parsed.GetRequiredValue(folder)), path, cancellationToken);
            if (parsed.GetValue(json))
            {
                host.WriteJson(new { schema = "genagent.data_filter/1", folder = host.ShownPath(path), report });
            }
            else
            {
                DataTables.Write(host.Output, report);
                host.WriteResult(host.ShownPath(path));
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
