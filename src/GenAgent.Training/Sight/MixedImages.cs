using System.Globalization;
using GenAgent.Seeds;
using GenAgent.Training.Runs;
using GenAgent.Training.Sources;

namespace GenAgent.Training.Sight;

/// <summary>A mixture of sources without end: each image is one of a source that is drawn by the weights.</summary>
public sealed class MixedImages : ILabelledImageSource
{
    private readonly ILabelledImageSource[] _sources;
    private readonly double[] _upTo;
    private readonly SeedPath _seed;

    /// <summary>Mixes sources that ask the same of as many features.</summary>
    /// <param name="sources">Sources and their weights, of any scale; those of weight 0 are left out.</param>
    /// <param name="seed">Root of the draws.</param>
    /// <exception cref="ArgumentException">No weight is above 0, one is below, or the sources do not ask the same.</exception>
    public MixedImages(IReadOnlyList<(ILabelledImageSource Source, double Weight)> sources, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.Any(s => !(s.Weight >= 0 && double.IsFinite(s.Weight)))) throw new ArgumentException("The weights of a mixture are 0 or more.", nameof(sources));
        var used = sources.Where(s => s.Weight > 0).ToArray();
        if (used.Length == 0) throw new ArgumentException("A mixture needs at least one source with a weight above 0.", nameof(sources));
        _sources = [.. used.Select(s => s.Source)];
        if (_sources.Any(s => s.Features != Features || !s.Kinds.SequenceEqual(Kinds) || !s.Measures.SequenceEqual(Measures, StringComparer.Ordinal))) throw new ArgumentException("The sources of a mixture must have the same features, kinds of labels and measures.", nameof(sources));
        var total = used.Sum(s => s.Weight);
        _upTo = [.. used.Select((_, i) => used.Take(i + 1).Sum(s => s.Weight) / total)];
        _seed = SeedPath.FromRoot(seed).Child("mixed-images");
        Identity = $"mixed {seed}: " + string.Join("; ", used.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Weight} of [{s.Source.Identity}]")));
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
        var drawn = new SeededDraws(_seed.Child("image", index)).Uniform();
        var source = _sources[Math.Min(_upTo.Count(limit => limit <= drawn), _sources.Length - 1)];
        return source.Read(index % source.Count, labels, measures);
    }
}
