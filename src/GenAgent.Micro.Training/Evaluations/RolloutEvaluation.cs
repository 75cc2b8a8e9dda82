using System.Globalization;
using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Micro.Benchmarks;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Evaluations;

/// <summary>
/// Lets the model that is being trained at work as the agent that it is to be; each evaluation leaves a contact sheet in the run's folder,
/// <c>rollouts-STEP/report.html</c>.
/// </summary>
internal sealed class RolloutEvaluation(RolloutOptions options, TrainCall call) : IModelEvaluation
{
    public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder)
    {
        // Whatever an interrupted evaluation left is of these weights only if nothing was changed since.
        var folder = Path.Combine(call.Folder, string.Create(CultureInfo.InvariantCulture, $"rollouts-{stepsTaken:D7}"));
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return Figures(RunAsync(folder, modelFolder).GetAwaiter().GetResult());
    }

    private async Task<MicroReport> RunAsync(string folder, string modelFolder)
    {
        using var opened = await call.Surroundings.OpenAgent(modelFolder, options.Generator, options.Rounds, call.CancellationToken);
        var evaluation = new EvaluationRun(
            new MiniatureBenchmark(PromptSplit.Validation),
            new AgentSystem("rollouts", opened.Agent),
            new EvaluationOptions { PromptsPerCategory = options.PromptsPerTag, ImagesPerPrompt = options.Images, Seed = options.Seed,
                Concurrency = options.Jobs },
            time: call.Surroundings.Time);
        return MicroReport.Of(await evaluation.RunAsync(folder, cancellationToken: call.CancellationToken));
    }

    private static SortedDictionary<string, double> Figures(MicroReport report)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        Add("categories", report.Categories?.Success);
        Add("knowledge", report.Knowledge?.Success);
        Add("first_image", report.Agent?.FirstImageSuccess);
        Add("reflection_gain", report.Agent?.ReflectionGain);
        Add("verdict_accuracy", report.Agent?.VerdictAccuracy);
        Add("faulty_share", report.Agent?.FaultyShare);
        Add("thinking_ratio", report.Agent?.ThinkingRatio);
        Add("small_edits", report.Agent?.SmallEdits);
        return figures;

        void Add(string name, double? value)
        {
            if (value is { } known) figures[$"rollouts/{name}"] = known;
        }
    }
}
