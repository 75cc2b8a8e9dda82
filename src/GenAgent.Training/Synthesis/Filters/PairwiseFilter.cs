using GenAgent.Judging;
using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>Drops trajectories whose last image a pairwise judge does not prefer to their first, as the paper does; without a preference, too.</summary>
/// <param name="judge">Who compares.</param>
/// <param name="folder">Where the images lie.</param>
public sealed class PairwiseFilter(IPairwiseJudge judge, TrajectoryFolder folder) : ISynthesisFilter
{
    /// <inheritdoc/>
    public string Name => "pairwise";

    /// <inheritdoc/>
    public async ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sample.Attempts is not [var (first, _), .., var (last, _)])
            return null;
        var request = new PairwiseRequest(sample.Trajectory.Prompt, await ShownAsync(first, cancellationToken), await ShownAsync(last, cancellationToken));
        return await judge.CompareAsync(request, cancellationToken) switch
        {
            Preference { Winner: Winner.Second } => null,
            Preference preference => $"{preference.Judge} prefers {preference.Winner}: {preference.Reason}",
            NoPreference none => $"{none.Judge} could not compare: {none.Error}",
            _ => "no comparison",
        };
    }

    private Task<Microsoft.Extensions.AI.DataContent> ShownAsync(Round round, CancellationToken cancellationToken) =>
        folder.ReadImageAsync(round.Images[round.Shown!.Value], cancellationToken);
}
