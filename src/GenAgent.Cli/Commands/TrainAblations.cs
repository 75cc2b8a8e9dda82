using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Micro.Training.Ablations;
using GenAgent.Micro.Training.Plots;
using GenAgent.Storage;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent train ablations</c>: trains a recipe in variants, each with several seeds, evaluates all, and compares them with the first.</summary>
internal sealed class TrainAblations() : CliCommand(
    "ablations", "Trains an RL recipe in variants, each with several seeds, and says what each part is worth; started again, it resumes.")
{
    private readonly Argument<string> _file = Flag.Argument("study", "The study, as recipes/micro/ablations.json.");
    private readonly Option<string> _folder = Flag.Of(
        "--out", "DIR", "Where trainings, evaluations and the report go.", Path.Combine("runs", "ablations"));
    private readonly Option<bool> _dry = Flag.Switch("--dry-run", "Shows the commands and runs none.");
    private readonly Option<bool> _json = Flag.Json();

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var runs = Plan(call.PathOf(_file), call.Get(_folder));
        foreach (var line in runs.Commands)
        {
            call.Host.Say($"genagent {string.Join(' ', line)}");
            if (call.Get(_dry)) continue;
            var code = await CliApp.RunAsync(line, call.Host, call.CancellationToken);
            if (code != ExitCode.Success) return code;
        }

        if (!call.Get(_dry)) Report(call, runs);
        return ExitCode.Success;
    }

    private static AblationRuns Plan(string path, string target)
    {
        try
        {
            return new(AblationStudy.Read(path), Path.GetDirectoryName(path)!, target);
        }
        catch (Exception wrong) when (wrong is RecipeException or FileNotFoundException)
        {
            throw new CliException(ExitCode.Usage, wrong.Message, wrong);
        }
    }

    private void Report(CliCall call, AblationRuns runs)
    {
        var (host, folder) = (call.Host, call.PathOf(_folder));
        var results = runs.Results(host.FullPath);
        AtomicFile.Write(
            Path.Combine(folder, "ablations.json"),
                JsonSerializer.SerializeToUtf8Bytes(new { schema = "genagent.ablations/1", results }, SnakeCaseJson.Options));
        AblationPlots.Curves(folder, [.. runs.Trainings.Select(run => (run.Variant, host.FullPath(run.Folder)))]);
        call.Write(_json, new { schema = "genagent.ablations/1", folder = host.ShownPath(folder), results }, () =>
        {
            AblationScreen.WriteTable(host.Output, results);
            host.WriteResult(host.ShownPath(folder));
        });
    }
}
