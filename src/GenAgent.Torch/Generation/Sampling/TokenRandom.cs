namespace GenAgent.Torch.Generation.Sampling;

/// <summary>A uniform draw for each position of a sequence. It depends only on the seed and the position, not on batching or interruption.</summary>
internal static class TokenRandom
{
    /// <summary>A value in [0, 1) with 53 random bits.</summary>
    public static double Draw(ulong seed, int place)
    {
        // SplitMix64: one step of its counter a place, then its finaliser.
        var z = seed + ((ulong)(place + 1) * 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
