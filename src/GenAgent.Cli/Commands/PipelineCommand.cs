using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Micro.Training.Pipeline;
using GenAgent.Training.Recipes;

namespace GenAgent.Cli.Commands;

/// <summary><c>genagent pipeline</c>: a chain of trainings and data sets, by the commands that a user would give one after the other.</summary>
internal sealed class PipelineCommand() : CliCommand(
    "pipeline", "Trains models from nothing, stage by stage (the embedded ones: hours on two cores); started again, it resumes.")
{
    private readonly Argument<string> _file = Flag.Argument("file", "The pipeline, as recipes/micro/pipeline.json; the recipes are beside it.");
    private readonly Option<string?> _from = Flag.Of<string?>("--from", "STAGE", "The stage to begin with; what earlier stages wrote must be there.");
    private readonly Option<string> _runs = Flag.Of("--runs", "DIR", "Where checkpoints, data and logs go.", "runs");
    private readonly Option<string> _models = Flag.Of("--models", "DIR", "Where the finished models go.", "models");
    private readonly Option<bool> _dry = Flag.Switch("--dry-run", "Shows the commands and runs none.");
    private readonly Option<bool> _rehearse = Flag.Switch(
        "--rehearse",
        "Runs the whole pipeline in some minutes, with two steps a training and sixty images a data set, to see that all of it runs; everything, models "
            + "included, goes to RUNS/rehearsal.");

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        try
        {
            return await RunPipelineAsync(call);
        }
        catch (Exception wrong) when (wrong is RecipeException or FileNotFoundException)
        {
            throw new CliException(ExitCode.Usage, wrong.Message, wrong);
        }
    }

    private async Task<ExitCode> RunPipelineAsync(CliCall call)
    {
        var (host, file) = (call.Host, call.Get(_file));
        var pipeline = TrainingPipeline.Read(host.FullPath(file));
        var rehearses = call.Get(_rehearse);
        var runs = rehearses ? Path.Combine(call.Get(_runs), "rehearsal") : call.Get(_runs);
        var models = rehearses ? Path.Combine(runs, "models") : call.Get(_models);
        var places = new PipelinePlaces(Path.GetDirectoryName(file) ?? string.Empty, runs, models, pipeline.Prefix);
        var onDisk = places with { Runs = host.FullPath(places.Runs), Models = host.FullPath(places.Models) };
        var run = new PipelineRun(pipeline, onDisk, places, host.Time) { Change = rehearses ? Rehearsal.Of : null };
        if (!call.Get(_dry))
        {
            await using var log = PipelineLog.Open(Path.Combine(onDisk.Runs, $"{(pipeline.Prefix.Length > 0 ? $"{pipeline.Prefix}-" : null)}pipeline.jsonl"));
            return (ExitCode)await run.RunAsync(
                call.Get(_from), log, new Relay<PipelineProgress>(step => Show(host, step)),
                async line => (int)await CliApp.RunAsync(line, host, call.CancellationToken));
        }

        foreach (var line in run.Commands(call.Get(_from))) host.WriteResult($"genagent {string.Join(' ', line)}");
        return ExitCode.Success;
    }

    private static void Show(CliHost host, PipelineProgress step)
    {
        host.WriteResult($"genagent {string.Join(' ', step.Command)}");
        host.Say(FormattableString.Invariant(
            $"Step {step.Number} of {step.Total}, stage {step.Stage}; about {Math.Max(1, step.Left.TotalMinutes):F0} minutes left for all"));
    }
}
