using System.Globalization;
using GenAgent.Seeds;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// A mixture of sources without end: of any stretch of some length each source gives its share, and goes through its own conversations
/// epoch by epoch, each time in another order.
/// </summary>
public sealed class MixedConversationSource : IConversationSource
{
    // Places in which the shares repeat: the finest share is one in so many.
    private const int Cycle = 1024;

    private readonly IConversationSource[] _sources;
    private readonly int[] _perCycle;
    private readonly (int Source, int Rank)[] _places;
    private readonly SeedPath _seed;

    /// <summary>Mixes sources.</summary>
    /// <param name="sources">Sources and their weights, above 0 and of any scale.</param>
    /// <param name="seed">Root of the orders.</param>
    /// <exception cref="ArgumentException">There is no source, a weight is not above 0, or a share is below one in 2,048.</exception>
    public MixedConversationSource(IReadOnlyList<(IConversationSource Source, double Weight)> sources, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.Count == 0) throw new ArgumentException("A mixture needs at least one source.", nameof(sources));
        if (sources.FirstOrDefault(s => !(s.Weight > 0 && double.IsFinite(s.Weight))) is { Source: not null } wrong)
            throw new ArgumentException($"The weight of {wrong.Source.Identity} is {wrong.Weight}, but must be above 0.", nameof(sources));
        _seed = SeedPath.FromRoot(seed).Child("mixture");
        _sources = [.. sources.Select(s => s.Source)];
        _perCycle = new int[_sources.Length];
        _places = Spread([.. sources.Select(s => s.Weight)], _perCycle);
        if (Array.IndexOf(_perCycle, 0) is var none and >= 0)
            throw new ArgumentException($"The share of {_sources[none].Identity} is smaller than one in {2 * Cycle}: raise its weight, or leave it out.", nameof(sources));
        Identity = $"mixture {seed}: " + string.Join("; ", sources.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Weight} of [{s.Source.Identity}]")));
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count => long.MaxValue;

    /// <inheritdoc/>
    public Conversation Read(long index, ulong seed)
    {
        var (source, rank) = _places[index % Cycle];
        var position = (index / Cycle * _perCycle[source]) + rank;
        var count = _sources[source].Count;
        if (count == long.MaxValue) return _sources[source].Read(position, seed);
        var order = new IndexPermutation(count, _seed.Child("source", source).Child("epoch", position / count));
        return _sources[source].Read(order[position % count], seed);
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
