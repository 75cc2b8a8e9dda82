using GenAgent.Cli.Screens;
using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Micro.Training.Pipeline;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent pipeline</c>: a chain of trainings and data sets, by the commands that a user would give one after the other.</summary>
internal sealed class PipelineCommand : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var file = new Argument<string>("file") { Description = "The pipeline, as recipes/micro/pipeline.json; the recipes are beside it." };
        var from = new Option<string?>("--from") { Description = "The stage to begin with; what earlier stages wrote must be there.", HelpName = "STAGE" };
        var runs = new Option<string>("--runs") { Description = "Where checkpoints, data and logs go.", HelpName = "DIR", DefaultValueFactory = _ => "runs" };
        var models = new Option<string>("--models") { Description = "Where the finished models go.", HelpName = "DIR", DefaultValueFactory = _ => "models" };
        var dry = new Option<bool>("--dry-run") { Description = "Shows the commands and runs none." };
        var rehearse = new Option<bool>("--rehearse")
        {
            Description = "Runs the whole pipeline in some minutes, with two steps a training and sixty images a data set, to see that all of it runs; "
                + "everything, models included, goes to RUNS/rehearsal.",
        };
        var command = new Command("pipeline", "Trains models from nothing, stage by stage (the embedded ones: hours on two cores); started again, it resumes.")
        {
            file, from, runs, models, dry, rehearse,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            try
            {
                var targets = new Targets(parsed.GetRequiredValue(runs), parsed.GetRequiredValue(models));
                return await RunAsync(
                    host, parsed.GetRequiredValue(file), parsed.GetValue(from), targets, parsed.GetValue(dry), parsed.GetValue(rehearse), cancellationToken);
            }
            catch (Exception wrong) when (wrong is ArgumentException or RecipeException or FileNotFoundException)
            {
                throw new CliException(ExitCode.Usage, wrong.Message, wrong);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CliHost host, string file, string? from, Targets targets, bool dry, bool rehearses, CancellationToken cancellationToken)
    {
        var pipeline = TrainingPipeline.Read(host.FullPath(file));
        var runs = rehearses ? Path.Combine(targets.Runs, "rehearsal") : targets.Runs;
        var models = rehearses ? Path.Combine(runs, "models") : targets.Models;
        var places = new PipelinePlaces(Path.GetDirectoryName(file) ?? string.Empty, runs, models, pipeline.Prefix);
        var onDisk = places with { Runs = host.FullPath(places.Runs), Models = host.FullPath(places.Models) };
        var run = new PipelineRun(pipeline, onDisk, places, host.Time) { Change = rehearses ? Rehearsal.Of : null };
        if (!dry)
        {
            var log = new PipelineLog(Path.Combine(onDisk.Runs, $"{(pipeline.Prefix.Length > 0 ? $"{pipeline.Prefix}-" : null)}pipeline.jsonl"));
            return await run.RunAsync(
                from, log, new Relay<PipelineProgress>(step => Show(host, step)), async line => (int)await CliApp.RunAsync(line, host, cancellationToken));
        }

        foreach (var line in run.Commands(from))
        {
            host.WriteResult($"genagent {string.Join(' ', line)}");
        }

        return (int)ExitCode.Success;
    }

    private static void Show(CliHost host, PipelineProgress step)
    {
        host.WriteResult($"genagent {string.Join(' ', step.Command)}");
        host.Say(FormattableString.Invariant(
            $"Step {step.Number} of {step.Total}, stage {step.Stage}; about {Math.Max(1, step.Left.TotalMinutes):F0} minutes left for all"));
    }

    private sealed record Targets(string Runs, string Models);
}
