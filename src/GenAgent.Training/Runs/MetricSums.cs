namespace GenAgent.Training.Runs;

/// <summary>Weighted means by name, gathered over the workers, micro-batches and steps since the last log entry. Owned by one thread at a time.</summary>
internal sealed class MetricSums
{
    private readonly SortedDictionary<string, (double Sum, double Weight)> _sums = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, double> _largest = new(StringComparer.Ordinal);

    /// <summary>Takes in a value.</summary>
    /// <param name="name">The figure; a <c>/</c> groups figures.</param>
    /// <param name="value">A mean over some samples.</param>
    /// <param name="weight">What it counts: usually those samples' share of the step.</param>
    public void Add(string name, double value, double weight = 1)
    {
        var (sum, weights) = _sums.GetValueOrDefault(name);
        _sums[name] = (sum + (value * weight), weights + weight);
    }

    /// <summary>Takes in a value of which the largest is kept.</summary>
    public void AddLargest(string name, double value) => _largest[name] = Math.Max(value, _largest.GetValueOrDefault(name, double.NegativeInfinity));

    /// <summary>Moves all of another's values here.</summary>
    public void Take(MetricSums other)
    {
        foreach (var (name, (sum, weight)) in other._sums)
        {
            var (mine, weights) = _sums.GetValueOrDefault(name);
            _sums[name] = (mine + sum, weights + weight);
        }

        other._sums.Clear();
        foreach (var (name, value) in other._largest) AddLargest(name, value);
        other._largest.Clear();
    }

    /// <summary>All means; starts anew.</summary>
    public Dictionary<string, double> TakeMeans()
    {
        var means = _sums.Where(s => s.Value.Weight > 0).ToDictionary(s => s.Key, s => s.Value.Sum / s.Value.Weight, StringComparer.Ordinal);
        foreach (var (name, value) in _largest) means[name] = value;
        _sums.Clear();
        _largest.Clear();
        return means;
    }
}
