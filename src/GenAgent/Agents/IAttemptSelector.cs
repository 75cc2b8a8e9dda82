namespace GenAgent.Agents;

/// <summary>
/// Chooses among images made for one prompt: among a round's candidates, and among all rounds if neither the agent's answer nor its verdicts decide.
/// Implementations are safe to call from many tasks at once.
/// </summary>
public interface IAttemptSelector
{
    /// <summary>Chooses one.</summary>
    /// <param name="prompt">The user's own words.</param>
    /// <param name="attempts">At least two images, in the order in which they were made.</param>
    /// <param name="cancellationToken">Ends the choice.</param>
    /// <returns>An index into <paramref name="attempts"/>, or null for no preference. An exception counts as no preference, and is logged.</returns>
    ValueTask<int?> SelectAsync(string prompt, IReadOnlyList<Attempt> attempts, CancellationToken cancellationToken = default);
}
