using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Running;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>
/// Many prompts, some at once. Each is done once: what the run folder holds already is skipped, and what was stopped or killed half-way is done again
/// from the same seed. A prompt that fails does not stop the others, unless the backends or the disk are at fault.
/// </summary>
/// <param name="composition">The agent.</param>
/// <param name="folder">Where the runs go.</param>
/// <param name="rootSeed">Where all randomness comes from.</param>
/// <param name="concurrency">Prompts that are worked on at once, 1 or more.</param>
public sealed class BatchRun(AgentComposition composition, RunFolder folder, ulong rootSeed, int concurrency)
{
    /// <summary>Does the prompts.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="report">Is told of each result, one at a time, the skipped ones first.</param>
    /// <param name="progress">Is told how far the run is; null for nobody.</param>
    /// <param name="cancellationToken">Stops; the best images so far are kept.</param>
    /// <returns>How many of the prompts have an image now.</returns>
    /// <exception cref="RunStoppedException">The backends or the disk failed.</exception>
    public async Task<BatchOutcome> RunAsync(
        IReadOnlyList<PromptLine> prompts, Action<GenerateResult> report, IProgress<RolloutProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var (done, onlyBackends) = (0, true);
        var undone = new List<UndonePrompt>();
        var options = new RolloutOptions { Concurrency = concurrency, Noun = "prompts" };
        using var runner = new RolloutRunner<PromptLine, PromptOutcome>(RunOneAsync, folder, options, composition.Time)
        {
            FailureOf = outcome => outcome.Failure
        };
        try
        {
            await runner.RunAsync(prompts, Take, progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was under way has been reported as stopped, with its best image.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{ErrorMessages.Of(e)} What is finished is kept, and is not done again.", e);
        }

        return new BatchOutcome(prompts.Count, done) { OnlyBackendsFailed = onlyBackends, Undone = undone };

        ValueTask Take(FinishedTask<PromptLine, PromptOutcome> finished)
        {
            var result = (finished.Outcome ?? new(GenerateStatus.Failed, Trajectory: null) { Error = finished.Failure?.Message }).ResultOf(finished.Task);
            if (result.File is not null && result.Status is (GenerateStatus.Completed or GenerateStatus.Skipped)) done++;
            else
            {
                undone.Add(
                    new(finished.Task, finished.Failure is not null || (finished.Outcome?.Trajectory is { } trajectory && !RunFolder.IsFinal(trajectory))));
            }
            onlyBackends &= result.StopReason is StopReason.ModelFailed or StopReason.GeneratorFailures;
            report(result);
            return ValueTask.CompletedTask;
        }
    }

    private async Task<PromptOutcome> RunOneAsync(PromptLine prompt, CancellationToken cancellationToken)
    {
        var request = new AgentRequest(prompt.Text)
        {
            Seed = SeedPath.FromRoot(rootSeed).Child("trajectory", prompt.Index),
            Task = new() { Key = prompt.Key, Index = prompt.Index },
        };
        try
        {
            var (result, judgment) = await new PromptRun(composition).RunAsync(request, new SilentObserver(), cancellationToken);
            return new(GenerateResult.StatusOf(result.StopReason), result.Trajectory) { Run = result, Judgment = judgment };
        }
        catch (NoImageException e)
        {
            return new(GenerateStatus.Failed, composition.Named(e.Trajectory))
            {
                Error = ErrorMessages.Of(e),
                Failure = RunFolder.IsFinal(e.Trajectory) ? null : e
            };
        }
        catch (RunCanceledException e)
        {
            return new(GenerateStatus.Cancelled, e.Trajectory) { Error = ErrorMessages.Of(e) };
        }
        catch (ArgumentException e)
        {
            // The prompt itself is wrong: empty, too long, or with control characters.
            return new(GenerateStatus.Failed, Trajectory: null) { Error = ErrorMessages.Of(e) };
        }
    }
}
