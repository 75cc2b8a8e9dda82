using System.Collections.Concurrent;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>
/// Many prompts, some at once. Each is done once: what the run folder holds already is skipped, and what was stopped or killed half-way is done again
/// from the same seed. A prompt that fails does not stop the others, unless the backends or the disk are at fault.
/// </summary>
public sealed class BatchRun(AgentComposition composition, RunFolder folder, ulong rootSeed, int concurrency)
{
    // So many prompts in a row that fail by their backends are not the prompts' fault.
    private const int FailuresInARow = 5;

    private readonly ConcurrentQueue<PromptLine> _waiting = new();
    private readonly ConcurrentDictionary<int, GenerateResult> _results = new();
    private int _failuresInARow;
    private Exception? _fatal;

    /// <summary>Does the prompts; <paramref name="report"/> is told of each result, one at a time, the skipped ones first.</summary>
    public async Task<BatchOutcome> RunAsync(IReadOnlyList<PromptLine> prompts, Action<GenerateResult> report, CancellationToken cancellationToken)
    {
        var finished = await folder.FinishedAsync(cancellationToken);
        foreach (var prompt in prompts)
        {
            if (finished.TryGetValue(prompt.Key, out var trajectory))
            {
                Add(GenerateResult.Of(prompt, GenerateStatus.Skipped, trajectory, await folder.FinalFileAsync(trajectory, cancellationToken)), report);
            }
            else
            {
                _waiting.Enqueue(prompt);
            }
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => WorkAsync(report, stop)));
        return _fatal is not null ? throw _fatal : new(
            prompts.Count,
            _results.Values.Count(result => result.File is not null && result.Status is (GenerateStatus.Completed or GenerateStatus.Skipped)))
        {
            OnlyBackendsFailed = _results.Values.All(result => result.StopReason is StopReason.ModelFailed or StopReason.GeneratorFailures),
        };
    }

    private async Task WorkAsync(Action<GenerateResult> report, CancellationTokenSource stop)
    {
        while (!stop.IsCancellationRequested && _waiting.TryDequeue(out var prompt))
        {
            try
            {
                Add(await RunOneAsync(prompt, stop.Token), report);
            }
            catch (Exception e)
            {
                // The disk is full, or genagent itself is at fault: the others would fare no better.
                var told = e is IOException or UnauthorizedAccessException
                    ? new BatchStoppedException($"{ErrorMessages.Of(e)} What is finished is kept, and is not done again.", e)
                    : e;
                Interlocked.CompareExchange(ref _fatal, told, null);
                await stop.CancelAsync();
            }
        }
    }

    private async Task<GenerateResult> RunOneAsync(PromptLine prompt, CancellationToken cancellationToken)
    {
        var request = new AgentRequest(prompt.Text)
        {
            Seed = SeedPath.FromRoot(rootSeed).Child("trajectory", prompt.Index),
            Labels = new Dictionary<string, string>(composition.Labels, StringComparer.Ordinal)
            {
                [RunFolder.KeyLabel] = prompt.Key,
                [RunFolder.IndexLabel] = prompt.Index.ToString(CultureInfo.InvariantCulture),
            },
        };
        JudgedRun run;
        try
        {
            run = await new PromptRun(composition).RunAsync(request, new SilentObserver(), cancellationToken);
        }
        catch (NoImageException e)
        {
            CountFailure(e);
            await folder.KeepFailureAsync(e.Trajectory, CancellationToken.None);
            return GenerateResult.Of(prompt, GenerateStatus.Failed, e.Trajectory, null, error: ErrorMessages.Of(e));
        }
        catch (RunCanceledException e)
        {
            return GenerateResult.Of(prompt, GenerateStatus.Cancelled, e.Trajectory, null, error: ErrorMessages.Of(e));
        }
        catch (ArgumentException e)
        {
            // The prompt itself is wrong: empty, too long, or with control characters.
            return GenerateResult.Failed(prompt, ErrorMessages.Of(e));
        }

        _failuresInARow = 0;
        var (result, judgment) = run;
        var file = await folder.KeepNumberedAsync(prompt, result, CancellationToken.None);
        return GenerateResult.Of(prompt, GenerateResult.StatusOf(result.StopReason), result.Trajectory, file, judgment);
    }

    private void CountFailure(NoImageException failure)
    {
        if (RunFolder.IsFinal(failure.Trajectory))
        {
            _failuresInARow = 0;
        }
        else if (Interlocked.Increment(ref _failuresInARow) >= FailuresInARow)
        {
            throw new BatchStoppedException(
                $"{FailuresInARow} prompts in a row failed, so the rest is left for later: run the same command again. The last failure: {failure.Message}",
                failure);
        }
    }

    private void Add(GenerateResult result, Action<GenerateResult> report)
    {
        lock (_results)
        {
            _results[result.Index] = result;
            report(result);
        }
    }
}
