using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Qwen25VL.Vision;

/// <summary>
/// The order of the patches of several images inside the vision tower: the order that puts each attention window in one run,
/// the borders of the windows and of the images, and each patch's row and column.
/// </summary>
/// <param name="WindowIndex">For each place in window order, the image feature (group of merge x merge patches) that stands there.</param>
/// <param name="WindowBorders">Cumulative patch counts of the windows, from 0.</param>
/// <param name="FrameBorders">Cumulative patch counts of the frames (for still images: of the images), from 0.</param>
/// <param name="Rows">Each patch's row in its image, in the order that the image processor gives the patches.</param>
/// <param name="Columns">Each patch's column, likewise.</param>
/// <remarks>Source: <c>get_window_index</c> and <c>rot_pos_emb</c> of transformers' <c>modeling_qwen2_5_vl.py</c>.</remarks>
internal sealed record VisionLayout(int[] WindowIndex, int[] WindowBorders, int[] FrameBorders, int[] Rows, int[] Columns)
{
    public static VisionLayout For(IReadOnlyList<ImageGrid> grids, int mergeSize, int windowFeatures)
    {
        var (index, windows, frames) = (new List<int>(), new List<int> { 0 }, new List<int> { 0 });
        var (rows, columns) = (new List<int>(), new List<int>());
        foreach (var grid in grids)
        {
            Check(grid, mergeSize);
            for (var frame = 0; frame < grid.Frames; frame++)
            {
                AddWindows(grid.Rows / mergeSize, grid.Columns / mergeSize, mergeSize, windowFeatures, index, windows);
                frames.Add(frames[^1] + (grid.Rows * grid.Columns));
                AddPositions(grid, mergeSize, rows, columns);
            }
        }

        return new VisionLayout([.. index], [.. windows], [.. frames], [.. rows], [.. columns]);
    }

    /// <summary>For each image feature in raster order, its place in window order.</summary>
    public long[] RasterOrder()
    {
        var places = new long[WindowIndex.Length];
        for (var place = 0; place < places.Length; place++)
        {
            places[WindowIndex[place]] = place;
        }

        return places;
    }

    /// <summary>For each place in window order, the patch that stands there; the patches of a feature stay together.</summary>
    public long[] PatchOrder(int mergeSize)
    {
        var together = mergeSize * mergeSize;
        var order = new long[WindowIndex.Length * together];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = ((long)WindowIndex[i / together] * together) + (i % together);
        }

        return order;
    }

    private static void AddWindows(int height, int width, int mergeSize, int side, List<int> index, List<int> borders)
    {
        var origin = index.Count;
        for (var top = 0; top < height; top += side)
        {
            for (var left = 0; left < width; left += side)
            {
                var (bottom, right) = (Math.Min(top + side, height), Math.Min(left + side, width));
                for (var y = top; y < bottom; y++)
                {
                    for (var x = left; x < right; x++)
                    {
                        index.Add(origin + (y * width) + x);
                    }
                }

                borders.Add(borders[^1] + ((bottom - top) * (right - left) * mergeSize * mergeSize));
            }
        }
    }

    private static void AddPositions(ImageGrid grid, int mergeSize, List<int> rows, List<int> columns)
    {
        for (var blockRow = 0; blockRow < grid.Rows; blockRow += mergeSize)
        {
            for (var blockColumn = 0; blockColumn < grid.Columns; blockColumn += mergeSize)
            {
                for (var inBlock = 0; inBlock < mergeSize * mergeSize; inBlock++)
                {
                    rows.Add(blockRow + (inBlock / mergeSize));
                    columns.Add(blockColumn + (inBlock % mergeSize));
                }
            }
        }
    }

    private static void Check(ImageGrid grid, int mergeSize)
    {
        if (grid.Frames < 1 || grid.Rows < 1 || grid.Columns < 1 || grid.Rows % mergeSize != 0 || grid.Columns % mergeSize != 0)
        {
            throw new ArgumentException(
                $"An image of {grid.Frames}x{grid.Rows}x{grid.Columns} patches cannot be merged in blocks of {mergeSize}x{mergeSize}: both sides must be "
                    + "multiples of it.",
                nameof(grid));
        }
    }
}
