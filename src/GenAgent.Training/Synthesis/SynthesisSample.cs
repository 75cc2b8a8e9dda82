using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis;

/// <summary>A trajectory that was made as training data, with what <see cref="Synthesizer"/> noted of it. Immutable.</summary>
/// <param name="Trajectory">The trajectory.</param>
public sealed record SynthesisSample(Trajectory Trajectory)
{
    /// <summary>Which trajectory, from 0.</summary>
    public long Index => Task.Index ?? throw NotMade("index");

    /// <summary>The prompt's category.</summary>
    public string Category => Task.Category ?? throw NotMade("category");

    /// <summary>How the first turn went.</summary>
    public FirstTry FirstTry => Task.FirstTry;

    /// <summary>Whether the prompt can be drawn.</summary>
    public bool Drawable => !Task.MustDecline;

    /// <summary>The rounds that showed an image, in order, with the judge's score; null where the judge could not judge.</summary>
    public IReadOnlyList<(Round Round, AttemptScore? Score)> Attempts =>
        [.. Trajectory.Rounds.Where(round => round.Shown is not null).Select(round => (round, AttemptScore.Of(round)))];

    private TrajectoryTask Task => Trajectory.Task ?? throw NotMade("task");

    private InvalidDataException NotMade(string what) => new($"Trajectory {Trajectory.Id} has no {what}: it was not made by data synth.");
}

/// <summary>What the judge says of a shown image.</summary>
/// <param name="Value">How well it meets the prompt, in [0, 1].</param>
/// <param name="Passed">The strict verdict.</param>
public sealed record AttemptScore(double Value, bool Passed)
{
    /// <summary>The score of the image that a round showed; null without one.</summary>
    internal static AttemptScore? Of(Round round) =>
        round.Judgments.FirstOrDefault(judgment => judgment.Candidate == round.Shown) is { Value: { } value, Passed: { } passed } ? new(value, passed) : null;
}
