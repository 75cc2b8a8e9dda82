using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Micro.Training.Ablations;
using GenAgent.Storage;
using GenAgent.Training.Logging;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent train ablations</c>: trains a recipe in variants, each with several seeds, evaluates all, and compares them with the first.</summary>
internal sealed class TrainAblations : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var file = new Argument<string>("study") { Description = "The study, as recipes/micro/ablations.json." };
        var folder = new Option<string>("--out")
        {
            Description = "Where trainings, evaluations and the report go.", HelpName = "DIR", DefaultValueFactory = _ => Path.Combine("runs", "ablations"),
        };
        var dry = new Option<bool>("--dry-run") { Description = "Shows the commands and runs none." };
        var json = JsonFlag.Create();
        var command = new Command(
            "ablations", "Trains an RL recipe in variants, each with several seeds, and says what each part is worth; started again, it resumes.")
        {
            file, folder, dry, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            var path = parsed.GetRequiredValue(file);
            var target = parsed.GetRequiredValue(folder);
            var runs = Plan(host, path, target);
            foreach (var line in runs.Commands)
            {
                host.Say($"genagent {string.Join(' ', line)}");
                if (parsed.GetValue(dry)) continue;
                var code = await CliApp.RunAsync(line, host, cancellationToken);
                if (code != ExitCode.Success) return (int)code;
            }

            if (!parsed.GetValue(dry)) Report(host, runs, target, parsed.GetValue(json));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static AblationRuns Plan(CliHost host, string path, string target)
    {
        try
        {
            return new(AblationStudy.Read(host.FullPath(path)), Path.GetDirectoryName(host.FullPath(path))!, target);
        }
        catch (Exception wrong) when (wrong is RecipeException or FileNotFoundException)
        {
            throw new CliException(ExitCode.Usage, wrong.Message, wrong);
        }
    }

    private static void Report(CliHost host, AblationRuns runs, string target, bool json)
    {
        var results = runs.Results(host.FullPath);
        var folder = host.FullPath(target);
        var file = Path.Combine(folder, "ablations.json");
        AtomicFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(new { schema = "genagent.ablations/1", results }, SnakeCaseJson.Options));
        AblationPlots.Curves(folder, [.. runs.Trainings.Select(run => (run.Variant, RunLog.Read(host.FullPath(run.Folder))))]);
        if (json)
        {
            host.WriteJson(new { schema = "genagent.ablations/1", folder = host.ShownPath(folder), results });
            return;
        }

        AblationScreen.WriteTable(host.Output, results);
        host.WriteResult(host.ShownPath(folder));
    }
}
