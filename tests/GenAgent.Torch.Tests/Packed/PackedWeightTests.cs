using GenAgent.Torch.Packed;
using GenAgent.Torch.Tests.Golden;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Packed;

/// <summary>Packed blocks against a plain reading of the formats' description, number by number (ggml-quants.c, dequantize_row_*).</summary>
public sealed class PackedWeightTests
{
    private static readonly float[] One = [0.37f];
    private static readonly float[] Each = [0.37f, 2f, 5f];

    public static TheoryData<string> Formats => [.. Enum.GetNames<PackedFormat>()];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Blocks_of_random_bytes_widen_to_what_the_formats_description_says_of_them(string name)
    {
        var format = Enum.Parse<PackedFormat>(name);
        using var scope = NewDisposeScope();
        var (rows, columns) = (5, 512);
        var bytes = RandomBlocks(format, rows * columns);
        float[] expected = [.. PackedReference.Decode(format, bytes)];
        using var whole = PackedBytes.Read(format, bytes, columns, 0, rows);
        Compare.Floats(whole.Widen(ScalarType.Float32)).ShouldBe(expected);
        whole.Bytes.ShouldBe(bytes.Length, "nothing is held twice");

        using var middle = PackedBytes.Read(format, bytes, columns, 1, 3);
        Compare.Floats(middle.Widen(ScalarType.Float32)).ShouldBe(expected[columns..(4 * columns)]);

        using var joined = PackedWeight.Join([PackedBytes.Read(format, bytes, columns, 3, 2), PackedBytes.Read(format, bytes, columns, 0, 3)]);
        Compare.Floats(joined.Widen(ScalarType.Float32)).ShouldBe([.. expected[(3 * columns)..], .. expected[..(3 * columns)]]);
    }

    [Fact]
    public void A_factor_for_all_and_one_for_each_row_multiply_before_the_numbers_are_rounded()
    {
        using var scope = NewDisposeScope();
        var bytes = RandomBlocks(PackedFormat.E4M3, 3 * 8);
        float[] plain = [.. PackedReference.Decode(PackedFormat.E4M3, bytes)];
        using var one = PackedBytes.Read(PackedFormat.E4M3, bytes, 8, 0, 3).WithScale(tensor(One).view(1, 1));
        using var each = PackedBytes.Read(PackedFormat.E4M3, bytes, 8, 0, 3).WithScale(tensor(Each).view(3, 1));

        Compare.Floats(one.Widen(ScalarType.Float32)).ShouldBe([.. plain.Select(value => value * 0.37f)]);
        Compare.Floats(each.Widen(ScalarType.Float32)).ShouldBe([.. plain.Select((value, at) => value * (at < 8 ? 0.37f : at < 16 ? 2f : 5f))]);
        Compare.Floats(one.Widen(ScalarType.BFloat16)).ShouldBe(Compare.Floats(tensor(plain.Select(value => value * 0.37f).ToArray()).to(ScalarType.BFloat16)));
        using var both = PackedWeight.Join(
            [PackedBytes.Read(PackedFormat.E4M3, bytes, 8, 0, 2).WithScale(tensor(One).view(1, 1)), PackedBytes.Read(PackedFormat.E4M3, bytes, 8, 2, 1)]);
        Compare.Floats(both.Widen(ScalarType.Float32)).ShouldBe([.. plain.Select((value, at) => at < 16 ? value * 0.37f : value)]);
    }

    internal static byte[] RandomBlocks(PackedFormat format, int numbers)
    {
        var layout = PackedLayout.Of(format);
        var bytes = new byte[numbers / layout.Numbers * layout.Bytes];
        new Random(7).NextBytes(bytes);
        if (layout.Numbers == 1)
        {
            // Codes that mean no number are left out: nothing equals them.
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(bytes[i] % 0x70);
        }

        for (var block = 0; block < bytes.Length / layout.Bytes && layout.Heads > 0; block++)
        {
            for (var head = 0; head < layout.Heads; head++)
            {
                var at = (block * layout.Bytes) + (layout.HeadsFirst ? 0 : layout.Codes) + (2 * head);
                BitConverter.TryWriteBytes(bytes.AsSpan(at), (Half)(0.01f * (block + 1) * (head == 0 ? 1 : -0.5f)));
            }
        }

        return bytes;
    }
}
