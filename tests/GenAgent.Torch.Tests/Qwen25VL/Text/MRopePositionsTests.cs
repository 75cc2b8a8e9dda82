using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL.Text;

namespace GenAgent.Torch.Tests.Qwen25VL.Text;

public sealed class MRopePositionsTests
{
    private const int Image = 505;

    [Fact]
    public void Every_token_gets_the_position_that_the_reference_gives_it()
    {
        var rows = GoldenRoot.Cases("qwen2_5_vl", "mrope.json").Select(Recorded.Json).SelectMany(file => file.FindAll("rows").Select(row => (file, row)));
        Recorded.Each(rows, one => Check(one.row, one.file.Need("special_ids").Need("image_token_id").GetInt32()));
    }

    [Fact]
    public void A_conversation_that_grows_keeps_its_positions()
    {
        ImageGrid[] grids = [new(1, 4, 6), new(1, 2, 4)];
        int[] ids = [1, 2, .. Enumerable.Repeat(Image, 6), 3, 4, .. Enumerable.Repeat(Image, 2), 5];
        var whole = new MRopePositions(Image, 2);
        whole.Append(ids, grids);
        var grown = new MRopePositions(Image, 2);
        grown.Append(ids.AsSpan(0, 9), grids.AsSpan(0, 1));
        grown.Append(ids.AsSpan(9), grids.AsSpan(1));

        for (var axis = 0; axis < MRopePositions.Axes; axis++)
        {
            Enumerable.Range(0, ids.Length).Select(token => grown[axis, token]).ShouldBe(Enumerable.Range(0, ids.Length).Select(token => whole[axis, token]));
        }

        grown.Delta.ShouldBe(whole.Delta);
    }

    [Fact]
    public void Pads_that_do_not_match_the_image_are_refused_with_both_numbers()
    {
        var fault = Should.Throw<ArgumentException>(() => new MRopePositions(Image, 2).Append([1, Image, Image, Image, 2], [new ImageGrid(1, 4, 4)]));
        fault.Message.ShouldContain("4 features");
        fault.Message.ShouldContain("3 image pads");
    }

    [Fact]
    public void Images_without_pads_and_pads_without_images_are_refused()
    {
        Should.Throw<ArgumentException>(() => new MRopePositions(Image, 2).Append([1, 2], [new ImageGrid(1, 4, 4)]));
        Should.Throw<ArgumentException>(() => new MRopePositions(Image, 2).Append([1, Image], []));
    }

    private static void Check(JsonElement row, int imageId)
    {
        var name = row.Find("name").ToString();
        var grids = new Queue<ImageGrid>(
            row.FindAll("image_grid_thw").Select(grid => new ImageGrid(grid[0].GetInt32(), grid[1].GetInt32(), grid[2].GetInt32())));
        var (ids, mask, expected) = (row.Need("input_ids"), row.Find("attention_mask"), row.Need("position_ids"));
        for (var batch = 0; batch < ids.GetArrayLength(); batch++)
        {
            int[] real = [.. Enumerable.Range(0, ids[batch].GetArrayLength())
                .Where(token => mask.ValueKind != JsonValueKind.Array || mask[batch][token].GetInt32() == 1)];
            int[] tokens = [.. real.Select(token => ids[batch][token].GetInt32())];
            var images = tokens.Where((id, token) => id == imageId && (token == 0 || tokens[token - 1] != id)).Count();
            var positions = new MRopePositions(imageId, 2);
            positions.Append(tokens, [.. Enumerable.Range(0, images).Select(_ => grids.Dequeue())]);
            for (var axis = 0; axis < MRopePositions.Axes; axis++)
            {
                var axisIndex = axis;
                Enumerable.Range(0, real.Length).Select(token => positions[axisIndex, token])
                    .ShouldBe(real.Select(token => expected[axisIndex][batch][token].GetInt32()), $"{name}, row {batch}, axis {axis}");
            }

            if (row.Find("rope_deltas") is { ValueKind: JsonValueKind.Array } deltas)
                positions.Delta.ShouldBe(deltas[batch].GetInt32(), $"{name}, row {batch}");
        }
    }
}
