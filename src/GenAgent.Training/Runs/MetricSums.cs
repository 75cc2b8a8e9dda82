using System.Diagnostics.CodeAnalysis;

namespace GenAgent.Training.Runs;

/// <summary>Figures by name that are added up over the workers and micro-batches of a step, and averaged over steps. Owned by one thread at a time.</summary>
internal sealed class MetricSums
{
    private readonly SortedDictionary<string, double> _sums = new(StringComparer.Ordinal);

    /// <summary>The sums so far.</summary>
    [SuppressMessage("Design", "MA0016", Justification = "Internal, read in order.")]
    public SortedDictionary<string, double> Sums => _sums;

    /// <summary>Adds a share.</summary>
    public void Add(string name, double value) => _sums[name] = _sums.GetValueOrDefault(name) + value;

    /// <summary>Adds another's sums.</summary>
    public void Add(MetricSums other)
    {
        foreach (var (name, value) in other._sums) Add(name, value);
    }

    /// <summary>Takes all figures, each divided by a number, and starts anew.</summary>
    public Dictionary<string, double> TakeMeans(double divisor)
    {
        var means = _sums.ToDictionary(s => s.Key, s => s.Value / divisor, StringComparer.Ordinal);
        _sums.Clear();
        return means;
    }
}
