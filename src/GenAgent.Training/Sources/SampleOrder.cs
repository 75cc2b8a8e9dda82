using GenAgent.Seeds;
using GenAgent.Training.Runs;

namespace GenAgent.Training.Sources;

/// <summary>
/// Maps the n-th sample of a run to an index of the source: epoch after epoch, each in its own random order drawn from the seed, so that a resumed run
/// needs only n. An endless source is read in order. Used by one thread at a time.
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
        var draws = new SeededDraws(seed.Child("epoch", epoch));
        for (var i = _order.Length - 1; i > 0; i--)
        {
            var other = (int)(draws.NextBits() % (ulong)(i + 1));
            (_order[i], _order[other]) = (_order[other], _order[i]);
        }

        _epoch = epoch;
    }
}
