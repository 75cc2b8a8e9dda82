using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>
/// Products of token rows with a packed weight matrix. Each sum adds the inputs in order, for any number of rows, so a token's result has the same bits
/// alone and in any batch.
/// </summary>
internal static unsafe class MatrixKernels
{
    /// <summary>Rows whose inputs should stay in the second-level cache while the weights stream past.</summary>
    private const int BlockBytes = 256 * 1024;

    private const int TileRows = 6;

    /// <summary>Computes y = x W^T for some panels of W.</summary>
    /// <param name="weights">W.</param>
    /// <param name="x">Rows of inputs, <paramref name="xStride"/> floats apart.</param>
    /// <param name="xStride">Floats from one row to the next.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="y">Rows of outputs; output o of row r goes to y[r * yStride + o].</param>
    /// <param name="yStride">Floats from one row to the next.</param>
    /// <param name="fromPanel">The first panel.</param>
    /// <param name="toPanel">The panel after the last.</param>
    public static void Multiply(WeightMatrix weights, float* x, int xStride, int rows, float* y, int yStride, int fromPanel, int toPanel)
    {
        if (weights.IsBFloat16)
        {
            Multiply<BFloat16Panel>(weights, x, xStride, rows, y, yStride, fromPanel, toPanel);
        }
        else
        {
            Multiply<Float32Panel>(weights, x, xStride, rows, y, yStride, fromPanel, toPanel);
        }
    }

    private static void Multiply<TPanel>(WeightMatrix weights, float* x, int xStride, int rows, float* y, int yStride, int fromPanel, int toPanel)
        where TPanel : struct, IWeightPanel
    {
        var inputs = weights.Inputs;
        var blockRows = Math.Max(TileRows, BlockBytes / (inputs * sizeof(float)) / TileRows * TileRows);
        for (var start = 0; start < rows; start += blockRows)
        {
            var count = Math.Min(blockRows, rows - start);
            Block<TPanel>(weights, x + ((long)start * xStride), xStride, count, y + ((long)start * yStride), yStride, fromPanel, toPanel);
        }
    }

    private static void Block<TPanel>(WeightMatrix weights, float* x, int xStride, int rows, float* y, int yStride, int fromPanel, int toPanel)
        where TPanel : struct, IWeightPanel
    {
        var panel = fromPanel;

        // Few rows leave too few sums in flight to hide the latency of the multiply-add: take several panels at once.
        for (; rows == 1 && panel + 4 <= toPanel; panel += 4)
        {
            OneRow<TPanel>(weights, panel, x, y);
        }

        for (; rows == 2 && panel + 2 <= toPanel; panel += 2)
        {
            TwoRows<TPanel>(weights, panel, x, xStride, y, yStride);
        }

        var tiles = Tiles(rows);
        for (; panel < toPanel; panel++)
        {
            // While one panel is multiplied, the next is prefetched: each tile fetches its share.
            var next = new Ahead(weights.Panel(Math.Min(panel + 1, toPanel - 1)), (TPanel.Stride + tiles - 1) / tiles);
            OnePanel<TPanel>(weights.Panel(panel), next, weights.Inputs, x, xStride, y + (panel * WeightMatrix.PanelWidth), yStride, rows);
        }
    }

    private static void OnePanel<TPanel>(byte* panel, Ahead next, int inputs, float* x, int xStride, float* y, int yStride, int rows)
        where TPanel : struct, IWeightPanel
    {
        while (rows > 0)
        {
            var tile = Tile(rows);
            switch (tile)
            {
                case TileRows:
                    Six<TPanel>(panel, next, inputs, x, xStride, y, yStride);
                    break;
                case 4:
                    Four<TPanel>(panel, next, inputs, x, xStride, y, yStride);
                    break;
                case 2:
                    Two<TPanel>(panel, inputs, x, xStride, y, yStride);
                    break;
                default:
                    One<TPanel>(panel, inputs, x, y);
                    break;
            }

            next = next.After(inputs);
            x += (long)tile * xStride;
            y += (long)tile * yStride;
            rows -= tile;
        }
    }

    /// <summary>
    /// How many rows to process at once. Eight rows are processed as four and four: after six, the last two would leave too few sums in flight.
    /// </summary>
    private static int Tile(int rows) => rows >= TileRows && rows != 8 ? TileRows : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;

    private static int Tiles(int rows)
    {
        var tiles = 0;
        for (; rows > 0; rows -= Tile(rows))
        {
            tiles++;
        }

        return tiles;
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void Six<TPanel>(byte* panel, Ahead next, int inputs, float* x, int xStride, float* y, int yStride)
        where TPanel : struct, IWeightPanel
    {
        var x1 = x + xStride;
        var x2 = x + (2L * xStride);
        var x3 = x + (3L * xStride);
        var x4 = x + (4L * xStride);
        var x5 = x + (5L * xStride);
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default;
        Vector256<float> a3 = default, b3 = default, a4 = default, b4 = default, a5 = default, b5 = default;
        var ahead = next.Start;
        nint step = next.Step;
        for (nint k = 0; k < inputs; k++, panel += TPanel.Stride, ahead += step)
        {
            VectorMath.Prefetch(ahead);
            TPanel.Load(panel, out var low, out var high);
            VectorMath.AddProduct(x + k, low, high, ref a0, ref b0);
            VectorMath.AddProduct(x1 + k, low, high, ref a1, ref b1);
            VectorMath.AddProduct(x2 + k, low, high, ref a2, ref b2);
            VectorMath.AddProduct(x3 + k, low, high, ref a3, ref b3);
            VectorMath.AddProduct(x4 + k, low, high, ref a4, ref b4);
            VectorMath.AddProduct(x5 + k, low, high, ref a5, ref b5);
        }

        VectorMath.Store(y, a0, b0);
        VectorMath.Store(y + yStride, a1, b1);
        VectorMath.Store(y + (2L * yStride), a2, b2);
        VectorMath.Store(y + (3L * yStride), a3, b3);
        VectorMath.Store(y + (4L * yStride), a4, b4);
        VectorMath.Store(y + (5L * yStride), a5, b5);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void Four<TPanel>(byte* panel, Ahead next, int inputs, float* x, int xStride, float* y, int yStride)
        where TPanel : struct, IWeightPanel
    {
        var x1 = x + xStride;
        var x2 = x + (2L * xStride);
        var x3 = x + (3L * xStride);
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        var ahead = next.Start;
        nint step = next.Step;
        for (nint k = 0; k < inputs; k++, panel += TPanel.Stride, ahead += step)
        {
            VectorMath.Prefetch(ahead);
            TPanel.Load(panel, out var low, out var high);
            VectorMath.AddProduct(x + k, low, high, ref a0, ref b0);
            VectorMath.AddProduct(x1 + k, low, high, ref a1, ref b1);
            VectorMath.AddProduct(x2 + k, low, high, ref a2, ref b2);
            VectorMath.AddProduct(x3 + k, low, high, ref a3, ref b3);
        }

        VectorMath.Store(y, a0, b0);
        VectorMath.Store(y + yStride, a1, b1);
        VectorMath.Store(y + (2L * yStride), a2, b2);
        VectorMath.Store(y + (3L * yStride), a3, b3);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void Two<TPanel>(byte* panel, int inputs, float* x, int xStride, float* y, int yStride)
        where TPanel : struct, IWeightPanel
    {
        var x1 = x + xStride;
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default;
        for (nint k = 0; k < inputs; k++, panel += TPanel.Stride)
        {
            TPanel.Load(panel, out var low, out var high);
            VectorMath.AddProduct(x + k, low, high, ref a0, ref b0);
            VectorMath.AddProduct(x1 + k, low, high, ref a1, ref b1);
        }

        VectorMath.Store(y, a0, b0);
        VectorMath.Store(y + yStride, a1, b1);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void One<TPanel>(byte* panel, int inputs, float* x, float* y)
        where TPanel : struct, IWeightPanel
    {
        Vector256<float> a = default, b = default;
        for (nint k = 0; k < inputs; k++, panel += TPanel.Stride)
        {
            TPanel.Load(panel, out var low, out var high);
            VectorMath.AddProduct(x + k, low, high, ref a, ref b);
        }

        VectorMath.Store(y, a, b);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void OneRow<TPanel>(WeightMatrix weights, int panel, float* x, float* y)
        where TPanel : struct, IWeightPanel
    {
        var (p0, p1, p2, p3) = ((nint)weights.Panel(panel), (nint)weights.Panel(panel + 1), (nint)weights.Panel(panel + 2), (nint)weights.Panel(panel + 3));
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        var inputs = weights.Inputs;
        for (nint k = 0; k < inputs; k++)
        {
            var at = k * TPanel.Stride;
            var value = VectorMath.Broadcast(x + k);
            TPanel.Load((byte*)(p0 + at), out var low, out var high);
            a0 = Vector256.MultiplyAddEstimate(value, low, a0);
            b0 = Vector256.MultiplyAddEstimate(value, high, b0);
            TPanel.Load((byte*)(p1 + at), out low, out high);
            a1 = Vector256.MultiplyAddEstimate(value, low, a1);
            b1 = Vector256.MultiplyAddEstimate(value, high, b1);
            TPanel.Load((byte*)(p2 + at), out low, out high);
            a2 = Vector256.MultiplyAddEstimate(value, low, a2);
            b2 = Vector256.MultiplyAddEstimate(value, high, b2);
            TPanel.Load((byte*)(p3 + at), out low, out high);
            a3 = Vector256.MultiplyAddEstimate(value, low, a3);
            b3 = Vector256.MultiplyAddEstimate(value, high, b3);
        }

        y += panel * WeightMatrix.PanelWidth;
        VectorMath.Store(y, a0, b0);
        VectorMath.Store(y + WeightMatrix.PanelWidth, a1, b1);
        VectorMath.Store(y + (2 * WeightMatrix.PanelWidth), a2, b2);
        VectorMath.Store(y + (3 * WeightMatrix.PanelWidth), a3, b3);
    }

    [MethodImpl(VectorMath.Kernel)]
    private static void TwoRows<TPanel>(WeightMatrix weights, int panel, float* x, int xStride, float* y, int yStride)
        where TPanel : struct, IWeightPanel
    {
        var p0 = weights.Panel(panel);
        var p1 = weights.Panel(panel + 1);
        var x1 = x + xStride;
        Vector256<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        var inputs = weights.Inputs;
        for (nint k = 0; k < inputs; k++, p0 += TPanel.Stride, p1 += TPanel.Stride)
        {
            TPanel.Load(p0, out var low, out var high);
            VectorMath.AddProduct(x + k, low, high, ref a0, ref b0);
            VectorMath.AddProduct(x1 + k, low, high, ref a1, ref b1);
            TPanel.Load(p1, out low, out high);
            VectorMath.AddProduct(x + k, low, high, ref a2, ref b2);
            VectorMath.AddProduct(x1 + k, low, high, ref a3, ref b3);
        }

        y += panel * WeightMatrix.PanelWidth;
        VectorMath.Store(y, a0, b0);
        VectorMath.Store(y + yStride, a1, b1);
        VectorMath.Store(y + WeightMatrix.PanelWidth, a2, b2);
        VectorMath.Store(y + yStride + WeightMatrix.PanelWidth, a3, b3);
    }

    /// <summary>What a tile prefetches while it computes, in bytes per input.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly struct Ahead(byte* start, int step)
    {
        public byte* Start => start;

        public int Step => step;

        public Ahead After(int inputs) => new(start + ((long)inputs * step), step);
    }
}
