namespace GenAgent.Training.Sources;

/// <summary>
/// Distributes the indices 0, 1, 2, ... over several sources by weight, so that each source has its share of any sufficiently long range. Maps an index to
/// a source and an index within that source. Immutable.
/// </summary>
internal sealed class Mixture
{
    // The pattern repeats after this many indices; also the inverse of the smallest share.
    private const int Cycle = 1024;

    private readonly int[] _perCycle;
    private readonly (int Source, int Rank)[] _places;

    /// <summary>Creates the mixture.</summary>
    /// <param name="sources">The sources' names for messages, and their weights: above 0, of any scale.</param>
    /// <exception cref="ArgumentException">There is no source, a weight is not above 0, or a share is below one in 2,048.</exception>
    public Mixture(IReadOnlyList<(string Name, double Weight)> sources)
    {
        if (sources.Count == 0) throw new ArgumentException("A mixture needs at least one source.", nameof(sources));
        if (sources.FirstOrDefault(s => !(s.Weight > 0 && double.IsFinite(s.Weight))) is { Name: not null } wrong)
            throw new ArgumentException($"The weight of {wrong.Name} is {wrong.Weight}, but must be above 0.", nameof(sources));
        _perCycle = new int[sources.Count];
        _places = Spread([.. sources.Select(s => s.Weight)], _perCycle);
        if (Array.IndexOf(_perCycle, 0) is var none and >= 0)
            throw new ArgumentException(
                $"The share of {sources[none].Name} is smaller than one in {2 * Cycle}: raise its weight, or leave it out.", nameof(sources));
    }

    /// <summary>Maps a global index to (source, index within the source).</summary>
    /// <param name="index">0 or more.</param>
    public (int Source, long Position) this[long index]
    {
        get
        {
            var (source, rank) = _places[index % Cycle];
            return (source, (index / Cycle * _perCycle[source]) + rank);
        }
    }

    // Each position goes to the source that is furthest behind its share.
    private static (int Source, int Rank)[] Spread(double[] weights, int[] given)
    {
        var total = weights.Sum();
        var places = new (int, int)[Cycle];
        for (var place = 0; place < Cycle; place++)
        {
            var next = Enumerable.Range(0, weights.Length).MaxBy(source => (weights[source] / total * (place + 1)) - given[source]);
            places[place] = (next, given[next]++);
        }

        return places;
    }
}
