using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Judging;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>One prompt: its image is kept at the end, also when it was stopped half-way.</summary>
/// <param name="composition">The agent.</param>
/// <param name="kept">Where the run goes.</param>
public sealed class SingleRun(AgentComposition composition, RunFolder kept)
{
    /// <summary>Runs and keeps the run.</summary>
    /// <param name="prompt">What the image should show.</param>
    /// <param name="rootSeed">Where all randomness comes from.</param>
    /// <param name="screen">Is told of each event.</param>
    /// <param name="cancellationToken">Stops; the best image so far is kept.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="IOException">The run could not be kept.</exception>
    public async Task<SingleOutcome> RunAsync(string prompt, ulong rootSeed, IRunObserver screen, CancellationToken cancellationToken)
    {
        var request = new AgentRequest(prompt) { Seed = SeedPath.FromRoot(rootSeed).Child("trajectory") };
        try
        {
            var (result, judgment) = await new PromptRun(composition).RunAsync(request, screen, cancellationToken);
            var file = await kept.KeepSingleAsync(prompt, result, CancellationToken.None);
            return Of(GenerateResult.StatusOf(result.StopReason), result.Trajectory, file, judgment);
        }
        catch (NoImageException e)
        {
            await kept.KeepFailureAsync(composition.Named(e.Trajectory), CancellationToken.None);
            return Of(GenerateStatus.Failed, e.Trajectory, failure: e);
        }
        catch (RunCanceledException e)
        {
            await kept.KeepFailureAsync(composition.Named(e.Trajectory), CancellationToken.None);
            return Of(GenerateStatus.Cancelled, e.Trajectory, failure: e);
        }

        SingleOutcome Of(GenerateStatus status, Trajectory trajectory, string? file = null, Judgment? judgment = null, Exception? failure = null) =>
            new(
                GenerateResult.Of(PromptLine.Number([prompt])[0], status, trajectory, file, judgment, failure is null ? null : ErrorMessages.Of(failure)),
                failure);
    }
}

/// <summary>What came of one prompt.</summary>
/// <param name="Result">The result; its file is the image.</param>
/// <param name="Failure">Why there is no image; null if there is one.</param>
public sealed record SingleOutcome(GenerateResult Result, Exception? Failure);
