using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Runs;

/// <summary>Has the images of a sample judged, each once.</summary>
internal sealed class SampleJudge(IJudge judge)
{
    public string Name => judge.Name;

    public async Task<Sample> JudgeAsync(Sample sample, BenchmarkTask task, SystemOutcome outcome, CancellationToken cancellationToken)
    {
        var judged = new Dictionary<DataContent, Judgment>(ReferenceEqualityComparer.Instance);
        if (outcome.Image is not { } final)
            sample = sample with { Failure = outcome.Failure ?? "no image" };
        else
            sample = await AskAsync(final) is Score score ? With(sample, score) : sample with { Failure = ((NoScore)judged[final]).Error };

        List<JudgedAttempt> attempts = [];
        foreach (var attempt in outcome.Attempts)
            attempts.Add(new(attempt.SentPrompt, attempt.Passed, await AskAsync(attempt.Image) is Score { Passed: true }));
        return sample with { Attempts = attempts };

        async Task<Judgment> AskAsync(DataContent image)
        {
            if (!judged.TryGetValue(image, out var known))
                judged[image] = known = await judge.JudgeAsync(new(task.Prompt, image, task.Constraints), cancellationToken);
            return known;
        }
    }

    private static Sample With(Sample sample, Score score) =>
        sample with { Passed = score.Passed, Share = score.Value, Errors = score.Errors, Checks = score.Checks, Objects = score.Seen };
}
