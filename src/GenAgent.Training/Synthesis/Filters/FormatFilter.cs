using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>Drops trajectories with faults that were not meant, with a wrong end, or with an image judged that does not count as one.</summary>
public sealed class FormatFilter : ISynthesisFilter
{
    /// <inheritdoc/>
    public string Name => "format";

    /// <inheritdoc/>
    public ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return ValueTask.FromResult(Check(sample));
    }

    private static string? Check(SynthesisSample sample)
    {
        var rounds = sample.Trajectory.Rounds;
        if (rounds.FirstOrDefault(r => r.Faults.Count > 0 && !IsMeant(sample, r)) is { } faulty)
            return $"round {faulty.Index}: {faulty.Faults[0].Kind}: {faulty.Faults[0].Message}";
        if (sample.FirstTry == FirstTry.FailedCall && rounds is not [{ Faults.Count: > 0 }, ..])
            return "the first call was to fail, and did not";
        var stop = sample.Trajectory.StopReason;
        if (!sample.Drawable)
            return stop == StopReason.Declined ? null : $"the prompt cannot be drawn, but the run ended by {stop}";
        if (stop is not (StopReason.Answered or StopReason.RoundLimit))
            return $"the run ended by {stop}";
        for (var i = 1; i < rounds.Count; i++)
        {
            if (rounds[i - 1].Shown is not null && rounds[i].Judgment is null)
                return $"round {i} does not judge the image that it was shown";
        }

        return rounds.Any(r => r.Call is not null && string.IsNullOrWhiteSpace(r.Thought)) ? "a call stands without a thought" : null;
    }

    private static bool IsMeant(SynthesisSample sample, Round round) => round.Index == 0 && sample.FirstTry == FirstTry.FailedCall;
}
