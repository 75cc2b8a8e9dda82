using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Runs;

/// <summary>Has the images of a sample judged, each once.</summary>
internal sealed class SampleJudge(IJudge judge, bool judgesAttempts)
{
    public string Name => judge.Name;

    public async Task<Sample> JudgeAsync(Sample sample, BenchmarkTask task, SystemOutcome outcome, CancellationToken cancellationToken)
    {
        var judged = new Dictionary<DataContent, Judgment>(ReferenceEqualityComparer.Instance);
        sample = task.MustDecline ? WithoutImage(sample, outcome)
            : outcome.Image is not { } final ? sample with { Failure = outcome.Failure ?? "no image" }
            : await AskAsync(final) switch
            {
                Score score => With(sample, score),
                var none => sample with { Failure = ((NoScore)none).Error, KeptReplies = Kept(none) },
            };

        List<JudgedAttempt> attempts = [];
        foreach (var attempt in outcome.Attempts)
        {
            var said = new JudgedAttempt(attempt.SentPrompt, attempt.Passed, task.MustDecline ? false : null) { Image = attempt.Place };
            if (!task.MustDecline && (judgesAttempts || judged.ContainsKey(attempt.Image)))
                said = With(said, await AskAsync(attempt.Image), isFinal: ReferenceEquals(attempt.Image, outcome.Image));
            attempts.Add(said);
        }

        return sample with { Attempts = attempts, Declined = outcome.Declined ? true : null };

        async Task<Judgment> AskAsync(DataContent image)
        {
            if (!judged.TryGetValue(image, out var known))
                judged[image] = known =
                    await judge.JudgeAsync(
                    new(task.Prompt, image, task.Constraints) { Reference = task.Reference, Questions = task.Questions }, cancellationToken);
            return known;
        }
    }

    private static Sample WithoutImage(Sample sample, SystemOutcome outcome)
    {
        var found = outcome.Declined ? "declined" : outcome.Image is null ? "neither declined nor an image" : "an image";
        return sample with
        {
            Passed = outcome.Declined,
            Share = outcome.Declined ? 1 : 0,
            Checks = [new Check("Declines", outcome.Declined, "declined", found)],
            Failure = outcome is { Declined: false, Image: null } ? outcome.Failure ?? "no image" : null,
        };
    }

    private static Sample With(Sample sample, Score score) => sample with
    {
        Passed = score.Passed,
        Share = score.Value,
        Errors = score.Errors,
        Checks = score.Checks,
        Objects = score.Seen,
        Reason = score.Checks.Count == 0 ? score.Reason : null,
        KeptReplies = Kept(score),
    };

    private static JudgedAttempt With(JudgedAttempt attempt, Judgment judgment, bool isFinal) => attempt with
    {
        Passed = (judgment as Score)?.Passed,
        Failure = (judgment as NoScore)?.Error,
        IsFinal = isFinal && judgment.Replies.Count > 0 ? true : null,
        KeptReplies = isFinal ? null : Kept(judgment),
    };

    private static IReadOnlyList<JudgeReply>? Kept(Judgment judgment) => judgment.Replies.Count > 0 ? judgment.Replies : null;
}
