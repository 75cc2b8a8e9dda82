using System.Diagnostics;
using GenAgent.Generators;
using GenAgent.Telemetry;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.Logging;

namespace GenAgent.Agents.Loop;

/// <summary>One call of the tool: all candidates at once, each with its own seed, so that candidates are independent.</summary>
internal sealed class CandidateRound(ILogger logger)
{
    /// <summary>Returns the valid images by candidate, and the faults of the others; after a cancellation, what was finished.</summary>
    /// <param name="run">The run.</param>
    /// <param name="work">The request and its generator.</param>
    /// <param name="count">How many candidates.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<(List<Attempt> Images, List<Fault> Faults)> MakeAsync(AgentRun run, ImageWork work, int count, CancellationToken cancellationToken)
    {
        using var span = AgentTelemetry.StartTool(work.ToolName, work.CallId, run.RoundIndex);
        var started = Stopwatch.GetTimestamp();
        var outcomes = new ImageOutcome[count];
        if (count == 1)
        {
            outcomes[0] = await MakeOneAsync(run, work, 0, count, cancellationToken);
        }
        else
        {
            outcomes = await Task.WhenAll(Enumerable.Range(0, count).Select(candidate => MakeOneAsync(run, work, candidate, count, cancellationToken)));
        }

        var images = new List<Attempt>(count);
        var faults = new List<Fault>();
        for (var candidate = 0; candidate < count; candidate++)
        {
            var outcome = outcomes[candidate];
            if (outcome is { Image: { } image, Reference: { } reference })
            {
                images.Add(new Attempt(run.RoundIndex, candidate, work.Generation.Prompt, image, reference));
            }
            else if (outcome.Fault is { } fault)
            {
                faults.Add(fault with { Candidate = candidate });
                run.GeneratorError = outcome.Error ?? run.GeneratorError;
                AgentLog.Fault(logger, outcome.Error, run.Id, run.RoundIndex, fault.Kind, fault.Message);
            }
        }

        AgentTelemetry.EndTool(span, work.ToolName, Stopwatch.GetElapsedTime(started).TotalSeconds, images.Count > 0 ? null : faults.FirstOrDefault());
        return (images, faults);
    }

    private static async Task<ImageOutcome> MakeOneAsync(AgentRun run, ImageWork work, int candidate, int count, CancellationToken cancellationToken)
    {
        var seed = run.RoundSeed.Child("image", candidate).ImageSeed;
        var told = run.Request.Progress?.Candidate(run.Attempts.Count, candidate, count);
        var progress = run.Watch is null ? told : new Watcher(run, run.RoundIndex, candidate, told);
        var outcome = await work.Maker.MakeAsync(work.Generation, seed, work.Originals, work.Given, progress, cancellationToken);
        if (outcome is { Image: { } image, Reference: { } reference })
        {
            run.Tell(new ImageEvent(run.Id, run.RoundIndex, candidate, image, reference));
        }

        return outcome;
    }

    private sealed class Watcher(AgentRun run, int round, int candidate, IProgress<ImageProgress>? also) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value)
        {
            run.Tell(new ProgressEvent(run.Id, round, candidate, value));
            also?.Report(value);
        }
    }
}
