using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL.Vision;

namespace GenAgent.Torch.Tests.Qwen25VL.Vision;

public sealed class VisionLayoutTests
{
    [Fact]
    public void Patches_go_into_the_windows_that_the_reference_puts_them_in()
    {
        Recorded.Each(GoldenRoot.Cases("qwen2_5_vl", "vision_windows.json").SelectMany(file => Recorded.Json(file).FindAll("rows")), row =>
        {
            var grids = row.Need("grid_thw")
                .EnumerateArray()
                .Select(grid => new ImageGrid(grid[0].GetInt32(), grid[1].GetInt32(), grid[2].GetInt32()))
                .ToList();
            var merge = row.Need("spatial_merge_size").GetInt32();
            var side = row.Need("window_size").GetInt32() / row.Need("patch_size").GetInt32() / merge;

            var layout = VisionLayout.For(grids, merge, side);

            layout.WindowIndex.ShouldBe(Ints(row, "window_index"));
            layout.WindowBorders.ShouldBe(Ints(row, "cu_window_seqlens"));
            layout.FrameBorders.ShouldBe(Ints(row, "cu_seqlens"));
        });
    }

    [Fact]
    public void Raster_order_undoes_window_order()
    {
        var layout = VisionLayout.For([new ImageGrid(1, 6, 10), new ImageGrid(1, 4, 4)], 2, 2);
        layout.RasterOrder().Select(place => layout.WindowIndex[place]).ShouldBe(Enumerable.Range(0, 19));
    }

    [Fact]
    public void An_image_that_cannot_be_merged_is_refused_with_its_size() =>
        Should.Throw<ArgumentException>(() => VisionLayout.For([new ImageGrid(1, 3, 4)], 2, 4)).Message.ShouldContain("1x3x4 patches");

    private static int[] Ints(JsonElement row, string name) => [.. row.Need(name).EnumerateArray().Select(value => value.GetInt32())];
}
