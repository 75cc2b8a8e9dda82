namespace GenAgent.Training.Synthesis.Filters;

/// <summary>Drops trajectories that are too long to be learned from.</summary>
/// <param name="maxTurnWords">Words that one turn may have, 1 or more.</param>
/// <param name="maxWords">Words that all turns together may have, 1 or more.</param>
public sealed class LengthFilter(int maxTurnWords = 1500, int maxWords = 6000) : ISynthesisFilter
{
    /// <inheritdoc/>
    public string Name => "length";

    /// <inheritdoc/>
    public ValueTask<string?> CheckAsync(SynthesisSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var words = sample.Trajectory.Rounds.Select(r => r.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length).ToList();
        return ValueTask.FromResult(
            words.FindIndex(w => w > maxTurnWords) is >= 0 and var round ? $"round {round} has {words[round]} words, more than {maxTurnWords}"
            : words.Sum() > maxWords ? $"{words.Sum()} words in all, more than {maxWords}"
            : null);
    }
}
