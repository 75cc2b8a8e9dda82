using System.Globalization;
using GenAgent.Training.Sources;

namespace GenAgent.Training.Sight;

/// <summary>An endless mixture of sources, in which each source has its share of any sufficiently long range.</summary>
public sealed class MixedImages : ILabelledImageSource
{
    private readonly ILabelledImageSource[] _sources;
    private readonly Mixture _mixture;

    /// <summary>Mixes sources with the same labels and number of features.</summary>
    /// <param name="sources">Sources and their weights, above 0 and of any scale.</param>
    /// <exception cref="ArgumentException">There is no source, a weight is not above 0, or the sources have different labels.</exception>
    public MixedImages(IReadOnlyList<(ILabelledImageSource Source, double Weight)> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _mixture = new Mixture([.. sources.Select(s => (s.Source.Identity, s.Weight))]);
        _sources = [.. sources.Select(s => s.Source)];
        if (_sources.Any(s => s.Features != Features || !s.Kinds.SequenceEqual(Kinds) || !s.Measures.SequenceEqual(Measures, StringComparer.Ordinal)))
        {
            throw new ArgumentException("The sources of a mixture must have the same features, kinds of labels and measures.", nameof(sources));
        }
        Identity = "mixed: " + string.Join("; ", sources.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Weight} of [{s.Source.Identity}]")));
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <inheritdoc/>
    public long Count => long.MaxValue;

    /// <inheritdoc/>
    public int Features => _sources[0].Features;

    /// <inheritdoc/>
    public IReadOnlyList<LabelKind> Kinds => _sources[0].Kinds;

    /// <inheritdoc/>
    public IReadOnlyList<string> Measures => _sources[0].Measures;

    /// <inheritdoc/>
    public PixelImage Read(long index, Span<long> labels, Span<float> measures)
    {
        var (source, position) = _mixture[index];
        return _sources[source].Read(position % _sources[source].Count, labels, measures);
    }
}
