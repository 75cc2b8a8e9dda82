using GenAgent.Seeds;
using GenAgent.Training.Runs;

namespace GenAgent.Training.Sft.Conversations;

/// <summary>
/// A fixed shuffle of 0 to below a count that keeps no table: a Feistel network over the next even power of two, walked until it lands inside. Thread-safe.
/// </summary>
internal sealed class IndexPermutation
{
    private const int Rounds = 4;

    private readonly ulong _count;
    private readonly int _halfBits;
    private readonly ulong[] _keys;

    public IndexPermutation(long count, SeedPath seed)
    {
        _count = (ulong)count;
        _halfBits = 1;
        while (_halfBits < 31 && 1UL << (2 * _halfBits) < _count) _halfBits++;
        var draws = new SeededDraws(seed);
        _keys = new ulong[Rounds];
        for (var i = 0; i < Rounds; i++) _keys[i] = draws.NextBits();
    }

    /// <summary>Where an index goes.</summary>
    public long this[long index]
    {
        get
        {
            var at = (ulong)index;
            do at = Mixed(at);
            while (at >= _count);
            return (long)at;
        }
    }

    private ulong Mixed(ulong value)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (value >> _halfBits, value & mask);
        foreach (var key in _keys) (left, right) = (right, left ^ (new SeededDraws(right ^ key).NextBits() & mask));
        return (left << _halfBits) | right;
    }
}
