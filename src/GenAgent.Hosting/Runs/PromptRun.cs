using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Judging;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>Runs the agent on one prompt, and has the judge score what comes of it.</summary>
/// <param name="composition">The agent, and the judge if there is one.</param>
public sealed class PromptRun(AgentComposition composition)
{
    /// <summary>Runs, and returns the best image; cancelling returns the best so far.</summary>
    /// <param name="request">The prompt and its seed.</param>
    /// <param name="screen">Is told of each event.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The run, and what the judge said.</returns>
    /// <exception cref="NoImageException">The run ended before it made an image.</exception>
    /// <exception cref="RunCanceledException">The run was cancelled before it made an image.</exception>
    public async Task<JudgedRun> RunAsync(AgentRequest request, IRunObserver screen, CancellationToken cancellationToken)
    {
        AgentResult? result = null;
        try
        {
            await foreach (var happened in composition.Agent.RunStreamingAsync(request, cancellationToken))
            {
                screen.Show(happened);
                result = (happened as RunCompletedEvent)?.Result ?? result;
            }
        }
        finally
        {
            screen.Finish();
        }

        var judged = await JudgeAsync(request.Prompt, result! with { Trajectory = composition.Named(result!.Trajectory) }, cancellationToken);
        if (judged.Judgment is { } judgment)
        {
            screen.Show(judgment);
        }

        return judged;
    }

    private async Task<JudgedRun> JudgeAsync(string prompt, AgentResult result, CancellationToken cancellationToken)
    {
        if (composition.Judge is not { } judge || cancellationToken.IsCancellationRequested)
        {
            return new(result, null);
        }

        // The budget is for all that a prompt takes, and the run has had its part of it.
        var left = TimeSpan.FromSeconds(composition.Agent.Options.MaxSeconds - result.Trajectory.Seconds ?? 0);
        using var clock = composition.Agent.Options.MaxSeconds is null
            ? null
            : new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, composition.Time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock?.Token ?? CancellationToken.None);
        try
        {
            var judgment = await judge.JudgeAsync(new(prompt, result.Image), ends.Token);
            return new(result with { Trajectory = Judged(result, judgment) }, judgment);
        }
        catch (OperationCanceledException)
        {
            // The image is there, and is not lost for want of a judgment.
            return new(
                result,
                cancellationToken.IsCancellationRequested
                    ? null
                    : new NoScore(judge.Name, "the time budget was spent before the judge answered; raise MaxSeconds."));
        }
    }

    private static Trajectory Judged(AgentResult result, Judgment judgment)
    {
        var scores = judgment is Score score ? new Dictionary<string, double>(StringComparer.Ordinal) { [score.Judge] = score.Value } : null;
        return result.Trajectory.WithJudgment(result.Best!.Round, result.Best.Candidate, judgment) with { Scores = scores };
    }
}

/// <summary>A run, and what the judge said of its image.</summary>
/// <param name="Result">The run; its image is there.</param>
/// <param name="Judgment">The judgment; null when nobody was asked.</param>
public sealed record JudgedRun(AgentResult Result, Judgment? Judgment);
