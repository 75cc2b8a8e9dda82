using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GenAgent.Bench;

/// <summary>Measures how fast some threads together read memory that no cache holds: no decoder steps faster than its weights are read.</summary>
internal sealed class MemoryReader(int threads)
{
    private const int Pieces = 4;

    // Written once: pages that never were are all one page of zeros, and that one is in the cache.
    private readonly long[] _memory = Enumerable.Repeat(1L, 64 << 20).ToArray();
    private readonly long[] _sums = new long[threads];

    /// <summary>The best rate so far, in GB/s.</summary>
    public double Rate { get; private set; }

    /// <summary>Reads all of the memory once, in pieces several times as large as a cache, and keeps the fastest piece's rate.</summary>
    public void Read()
    {
        for (var piece = 0; piece < Pieces; piece++)
        {
            var start = piece * (_memory.Length / Pieces);
            var before = Environment.CpuUsage.TotalTime;
            var watch = Stopwatch.StartNew();
            var readers = Enumerable.Range(1, threads - 1).Select(index => new Thread(() => Sum(start, index))).ToList();
            readers.ForEach(reader => reader.Start());
            Sum(start, 0);
            readers.ForEach(reader => reader.Join());

            // One thread's processor time is fairer than the clock where other programs run.
            var seconds = watch.Elapsed.TotalSeconds;
            seconds = threads == 1 ? Math.Min(seconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds) : seconds;
            Rate = Math.Max(Rate, _memory.Length / Pieces * sizeof(long) / seconds / 1e9);
        }
    }

    private void Sum(int start, int index)
    {
        var share = _memory.Length / Pieces / threads;
        var vectors = MemoryMarshal.Cast<long, Vector256<long>>(_memory.AsSpan(start + (index * share), share));
        Vector256<long> a = default, b = default, c = default, d = default;
        for (var i = 0; i + 4 <= vectors.Length; i += 4)
        {
            a += vectors[i];
            b += vectors[i + 1];
            c += vectors[i + 2];
            d += vectors[i + 3];
        }

        _sums[index] = Vector256.Sum(a + b + c + d);
    }
}
