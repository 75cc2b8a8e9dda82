using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace GenAgent.Bench;

/// <summary>Times of one action and the rate of the machine's matrix product, taken turn by turn in the same seconds.</summary>
/// <param name="WallMilliseconds">Shortest time on the clock.</param>
/// <param name="CpuMilliseconds">Shortest processor time of the whole process; the fairer figure where other programs run.</param>
/// <param name="GemmRate">GFLOP/s of the best square product, by the clock or (single-threaded) by processor time, whichever is shorter.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Measured(double WallMilliseconds, double CpuMilliseconds, double GemmRate);

/// <summary>Measures on a machine that may be shared: best of many, beside what a matrix product gets at the same time.</summary>
internal static class Machine
{
    /// <summary>
    /// Times an action turn by turn with a matrix product, and with what is to be measured <paramref name="beside"/> them, until both so many runs and so many
    /// seconds are over.
    /// </summary>
    public static Measured Time(Action action, ScalarType dtype = ScalarType.Float32, int side = 1024, int least = 4, double seconds = 6, Action? beside = null)
    {
        using var scope = NewDisposeScope();
        var (left, right) = (randn(side, side).to(dtype), randn(side, side).to(dtype));
        action();
        var (wall, cpu, gemmWall, gemmCpu, runs) = (double.MaxValue, double.MaxValue, double.MaxValue, double.MaxValue, 0);
        for (var total = Stopwatch.StartNew(); runs < least || total.Elapsed.TotalSeconds < seconds; runs++)
        {
            beside?.Invoke();
            Once(() => left.mm(right).Dispose(), ref gemmWall, ref gemmCpu);
            Once(action, ref wall, ref cpu);
        }

        var gemm = get_num_threads() == 1 ? Math.Min(gemmWall, gemmCpu) : gemmWall;
        return new Measured(wall, cpu, 2.0 * side * side * side / gemm / 1e6);
    }

    private static void Once(Action action, ref double wall, ref double cpu)
    {
        var before = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        action();
        wall = Math.Min(wall, watch.Elapsed.TotalMilliseconds);
        cpu = Math.Min(cpu, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
    }
}
