using GenAgent.Seeds;
using static TorchSharp.torch;

namespace GenAgent.Training.Runs;

/// <summary>Random tensors whose values depend on a seed's place alone, not on a global generator, a thread or a batch.</summary>
internal static class SeededNoise
{
    /// <summary>Standard normal float32 values on the CPU.</summary>
    public static Tensor Normal(SeedPath seed, params ReadOnlySpan<long> shape)
    {
        using var generator = Generator(seed);
        return randn(shape, generator: generator);
    }

    /// <summary>A generator that starts at a seed's value; the caller disposes it.</summary>
    public static Generator Generator(SeedPath seed) => new(seed.Value, CPU);
}
