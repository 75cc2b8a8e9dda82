using GenAgent.Judging;
using GenAgent.Training.Synthesis;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Grpo.Rewards;

/// <summary>
/// A finished run and what judges say of its images. Judges are asked when a reward needs them, and never twice about the same image. Used by one
/// task at a time.
/// </summary>
public sealed class JudgedRollout
{
    private readonly IJudge _judge;
    private readonly IPairwiseJudge _pairwise;
    private readonly Dictionary<int, Score> _scores = [];
    private readonly Dictionary<int, int> _changes = [];

    internal JudgedRollout(SynthesisPrompt task, Trajectory trajectory, IReadOnlyList<DataContent> images, IJudge judge, IPairwiseJudge pairwise)
    {
        (Task, Trajectory, Images, _judge, _pairwise) = (task, trajectory, images, judge, pairwise);
        int[] shown = [.. trajectory.Rounds.Where(round => round.Shown is not null).Select(round => round.Index)];
        FinalImage = trajectory.Answer is { } answer ? Array.IndexOf(shown, answer.Round) is >= 0 and var at ? at : images.Count - 1 : null;
    }

    /// <summary>The task.</summary>
    public SynthesisPrompt Task { get; }

    /// <summary>All that happened.</summary>
    public Trajectory Trajectory { get; }

    /// <summary>The images that the model was shown, in order.</summary>
    public IReadOnlyList<DataContent> Images { get; }

    /// <summary>The place in <see cref="Images"/> of the image that the run returned; null when it made none.</summary>
    public int? FinalImage { get; }

    /// <summary>Whether the agent answered by itself, rather than being stopped by a limit or a fault.</summary>
    public bool Answered => Trajectory.StopReason == StopReason.Answered;

    /// <summary>Scores an image by itself. Every image of a prompt that is to be declined is wrong: no judge is asked about it.</summary>
    /// <param name="image">The image's place in <see cref="Images"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The judge's score.</returns>
    /// <exception cref="RewardFailedException">The judge could not judge.</exception>
    public async ValueTask<Score> ScoreAsync(int image, CancellationToken cancellationToken)
    {
        if (!Task.Drawable) return new Score(_judge.Name, 0, Passed: false, "The prompt was to be declined.");
        if (_scores.TryGetValue(image, out var known)) return known;
        var judgment = await _judge.JudgeAsync(new JudgeRequest(Task.Text, Images[image], Task.Constraints), cancellationToken);
        return _scores[image] = judgment as Score ?? throw new RewardFailedException($"{judgment.Judge}: {(judgment as NoScore)?.Error ?? "no score"}");
    }

    /// <summary>
    /// Compares an image with the one before it, in both orders: 1 when it is better, -1 when it is worse, 0 when neither or when the orders disagree.
    /// </summary>
    /// <param name="image">The later image's place in <see cref="Images"/>, 1 or more.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>1, 0 or -1.</returns>
    /// <exception cref="RewardFailedException">The judge could not judge.</exception>
    public async ValueTask<int> ChangeAsync(int image, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(image, 1);
        if (!Task.Drawable) return 0;
        if (_changes.TryGetValue(image, out var known)) return known;
        var (before, after) = (Images[image - 1], Images[image]);
        var forward = await CompareAsync(before, after, cancellationToken);
        var backward = await CompareAsync(after, before, cancellationToken);
        return _changes[image] = (forward, backward) switch { (Winner.Second, Winner.First) => 1, (Winner.First, Winner.Second) => -1, _ => 0 };
    }

    private async ValueTask<Winner> CompareAsync(DataContent first, DataContent second, CancellationToken cancellationToken)
    {
        var judgment = await _pairwise.CompareAsync(new PairwiseRequest(Task.Text, first, second, Task.Constraints), cancellationToken);
        return judgment is Preference preference
            ? preference.Winner : throw new RewardFailedException($"{judgment.Judge}: {(judgment as NoPreference)?.Error ?? "no preference"}");
    }
}

/// <summary>A reward could not be given. The rollout is left out and counted, it is never given a reward of 0.</summary>
/// <param name="message">Why.</param>
public sealed class RewardFailedException(string message) : Exception(message);
