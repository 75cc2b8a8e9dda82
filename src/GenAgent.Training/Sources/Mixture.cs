namespace GenAgent.Training.Sources;

/// <summary>
/// Deals the numbers 0, 1, 2, ... to several sources by weight, so that of any stretch of some length each has its share: which source a number belongs
/// to, and which of that source's own numbers it is. Immutable.
/// </summary>
internal sealed class Mixture
{
    // Places in which the shares repeat: the finest share is one in so many.
    private const int Cycle = 1024;

    private readonly int[] _perCycle;
    private readonly (int Source, int Rank)[] _places;

    /// <summary>Deals by weights.</summary>
    /// <param name="sources">What the sources are called in messages, and their weights: above 0, of any scale.</param>
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

    /// <summary>Whose the number is, and which of the source's own it is.</summary>
    /// <param name="index">0 or more.</param>
    public (int Source, long Position) this[long index]
    {
        get
        {
            var (source, rank) = _places[index % Cycle];
            return (source, (index / Cycle * _perCycle[source]) + rank);
        }
    }

    // Each place goes to the source that is furthest behind its share.
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
