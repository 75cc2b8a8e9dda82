using GenAgent.Seeds;

namespace GenAgent.Micro.Scenes;

/// <summary>
/// Random draws from a seed, the same on every machine and in every version of .NET: the shipped prompts are reproduced from their seeds.
/// Not thread-safe. The generator is SplitMix64 (Steele, Lea and Flood, 2014).
/// </summary>
internal sealed class SeededDraws(ulong seed)
{
    private ulong _state = seed;

    public SeededDraws(SeedPath path)
        : this(path.Value)
    {
    }

    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15UL;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Uniform(double low, double high) => low + ((high - low) * NextUnit());

    /// <summary>Uniform in [0, count).</summary>
    public int Below(int count) => (int)Math.BigMul(NextBits(), (ulong)count, out _);

    public bool Chance(double probability) => NextUnit() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>An index, drawn in proportion to the weights.</summary>
    public int Weighted(IReadOnlyList<double> weights)
    {
        var left = NextUnit() * weights.Sum();
        for (var i = 0; i < weights.Count - 1; i++)
        {
            left -= weights[i];
            if (left < 0)
                return i;
        }

        return weights.Count - 1;
    }

    /// <summary>Standard normal (Box-Muller).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - NextUnit())) * Math.Cos(2 * Math.PI * NextUnit());

    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Items in random order, each at most once.</summary>
    public T[] Sample<T>(IReadOnlyList<T> items, int count)
    {
        var all = items.ToArray();
        Shuffle<T>(all);
        return all[..count];
    }
}
