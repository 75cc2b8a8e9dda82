using GenAgent.Seeds;

namespace GenAgent.Training.Runs;

/// <summary>Random numbers from a seed's place, by SplitMix64: <see cref="Random"/> does not promise the same sequence in every version.</summary>
internal struct SeededDraws(ulong seed)
{
    private ulong _state = seed;

    public SeededDraws(SeedPath seed)
        : this(seed.Value)
    {
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Standard normal (Box and Muller).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());
}
