using GenAgent.Seeds;

namespace GenAgent.Training.Sources;

/// <summary>
/// Which sample is the n-th of a run: epoch after epoch over a source, each in an order of its own drawn from the seed, so that a resumed
/// run needs to remember nothing but n. A source without end is read in order. Used by one thread at a time.
/// </summary>
internal sealed class SampleOrder(long count, SeedPath seed)
{
    private long _epoch = -1;
    private int[] _order = [];

    /// <summary>The index into the source of the run's n-th sample.</summary>
    public long this[long position]
    {
        get
        {
            if (count > int.MaxValue) return position % count;
            var epoch = position / count;
            if (epoch != _epoch) Shuffle(epoch);
            return _order[position % count];
        }
    }

    private void Shuffle(long epoch)
    {
        _order = [.. Enumerable.Range(0, (int)count)];
        var state = seed.Child("epoch", epoch).Value;
        for (var i = _order.Length - 1; i > 0; i--)
        {
            var other = (int)(NextBits(ref state) % (ulong)(i + 1));
            (_order[i], _order[other]) = (_order[other], _order[i]);
        }

        _epoch = epoch;
    }

    // SplitMix64: System.Random's sequence is not promised to stay the same from one .NET version to the next.
    private static ulong NextBits(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
