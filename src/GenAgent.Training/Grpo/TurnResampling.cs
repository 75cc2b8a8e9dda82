using GenAgent.Seeds;

namespace GenAgent.Training.Grpo;

/// <summary>
/// Chooses G of the G' rollouts of a group so that their turn counts are as uniform as they can be (GenAgent, section on trajectory resampling):
/// short rollouts, which are cheap and many, do not crowd out those that reflect. The same seed chooses the same rollouts. Pure.
/// </summary>
public static class TurnResampling
{
    /// <summary>Chooses rollouts.</summary>
    /// <param name="turns">Turns of each rollout, for instance its rounds with an image.</param>
    /// <param name="count">How many are kept, 1 or more; all of them where there are no more.</param>
    /// <param name="seed">Decides among rollouts with the same number of turns.</param>
    /// <returns>The places of the kept rollouts, ascending.</returns>
    public static int[] Choose(IReadOnlyList<int> turns, int count, SeedPath seed)
    {
        ArgumentNullException.ThrowIfNull(turns);
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (turns.Count <= count) return [.. Enumerable.Range(0, turns.Count)];

        // A round gives one place to every turn count that has rollouts left; the counts with the fewest come first, so that what is left over in the last
        // round goes to the rare ones.
        var bins = Enumerable.Range(0, turns.Count)
            .GroupBy(i => turns[i])
            .Select(bin => new Queue<int>(bin.OrderBy(i => seed.Child("rollout", i).Value)))
            .OrderBy(bin => bin.Count).ThenBy(bin => turns[bin.Peek()])
            .ToList();
        var chosen = new List<int>(count);
        while (chosen.Count < count)
        {
            foreach (var bin in bins)
            {
                if (chosen.Count < count && bin.TryDequeue(out var rollout)) chosen.Add(rollout);
            }
        }

        return [.. chosen.Order()];
    }
}
