using System.Globalization;
using GenAgent.Seeds;
using GenAgent.Training.Sources;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// A mixture of sources without end: of any stretch of some length each source gives its share, and goes through its own conversations
/// epoch by epoch, each time in another order.
/// </summary>
public sealed class MixedConversationSource : IConversationSource
{
    private readonly IConversationSource[] _sources;
    private readonly Mixture _mixture;
    private readonly SeedPath _seed;

    /// <summary>Mixes sources.</summary>
    /// <param name="sources">Sources and their weights, above 0 and of any scale.</param>
    /// <param name="seed">Root of the orders.</param>
    /// <exception cref="ArgumentException">There is no source, a weight is not above 0, or a share is below one in 2,048.</exception>
    public MixedConversationSource(IReadOnlyList<(IConversationSource Source, double Weight)> sources, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _seed = SeedPath.FromRoot(seed).Child("mixture");
        _sources = [.. sources.Select(s => s.Source)];
        _mixture = new Mixture([.. sources.Select(s => (s.Source.Identity, s.Weight))]);
        Identity = $"mixture {seed}: "
            + string.Join("; ", sources.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Weight} of [{s.Source.Identity}]")));
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count => long.MaxValue;

    /// <inheritdoc/>
    public IReadOnlyList<string> Faults => [.. _sources.SelectMany(source => source.Faults)];

    /// <inheritdoc/>
    public Conversation Read(long index, ulong seed)
    {
        var (source, position) = _mixture[index];
        var count = _sources[source].Count;
        if (count == long.MaxValue) return _sources[source].Read(position, seed);
        var order = new IndexPermutation(count, _seed.Child("source", source).Child("epoch", position / count));
        return _sources[source].Read(order[position % count], seed);
    }
}
