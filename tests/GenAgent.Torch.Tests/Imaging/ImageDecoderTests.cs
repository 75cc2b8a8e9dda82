using System.Buffers.Binary;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Imaging;
using SkiaSharp;

namespace GenAgent.Torch.Tests.Imaging;

public sealed class ImageDecoderTests
{
    [Fact]
    public void An_image_cut_short_is_an_error_and_not_half_a_picture()
    {
        var png = Png(64, 64);
        Should.Throw<InvalidDataException>(() => ImageDecoder.Decode(png.AsMemory(0, png.Length / 2)));
    }

    [Fact]
    public void Bytes_that_are_no_image_are_named_as_such() =>
        Should.Throw<InvalidDataException>(() => ImageDecoder.Decode("no image at all"u8.ToArray())).Message.ShouldContain("15 bytes");

    [Fact]
    public void A_small_file_that_claims_a_huge_picture_is_refused_before_memory_is_taken()
    {
        var png = Png(8, 8);
        png[16] = 0x00;
        png[17] = 0x00;
        png[18] = 0x75;
        png[22] = 0x75;
        Should.Throw<InvalidDataException>(() => ImageDecoder.Decode(png)).Message.ShouldContain("cannot hold");
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, 8000, 8000, "bytes cannot hold")]
    [InlineData(SKEncodedImageFormat.Jpeg, 60000, 60000, "at most 67108864")]
    [InlineData(SKEncodedImageFormat.Webp, 16000, 10000, "at most 67108864")]
    public void A_small_file_of_any_format_that_claims_a_huge_picture_costs_no_memory(SKEncodedImageFormat format, int width, int height, string why)
    {
        var bomb = Claiming(format, width, height);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<InvalidDataException>(() => ImageDecoder.Decode(bomb)).Message.ShouldSatisfyAllConditions(
            message => message.ShouldContain($"{width}x{height}"),
            message => message.ShouldContain(why));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void A_large_picture_of_one_colour_is_no_bomb(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(3000, 2000);
        bitmap.Erase(SKColors.Teal);
        using var data = bitmap.Encode(format, 100);

        var image = ImageDecoder.Decode(data.ToArray());

        (image.Width, image.Height).ShouldBe((3000, 2000));
    }

    [Fact]
    public void Damaged_images_give_a_picture_or_a_clear_error()
    {
        var files = GoldenRoot.Cases("qwen2_5_vl", "*.png").Concat(GoldenRoot.Cases("qwen2_5_vl", "*.jpg"))
            .Select(File.ReadAllBytes).Where(bytes => bytes.Length < 5000).ToList();
        var random = new Random(3);
        for (var i = 0; i < (files.Count == 0 ? 0 : 2000); i++)
        {
            var bytes = (byte[])files[random.Next(files.Count)].Clone();
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var image = ImageDecoder.Decode(bytes.AsMemory(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length));
                image.Pixels.Length.ShouldBe(image.Width * image.Height * 3);
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    // A small image whose header is made to say that it is a large one.
    private static byte[] Claiming(SKEncodedImageFormat format, int width, int height)
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Teal);
        using var data = bitmap.Encode(format, 100);
        var file = data.ToArray();
        if (format == SKEncodedImageFormat.Jpeg)
        {
            // The frame header: FF C0, length, precision, height, width.
            var frame = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
            BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 5), (ushort)height);
            BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 7), (ushort)width);
            return file;
        }

        // A lossless chunk: name, length, signature 2F, then 14 bits of width and 14 of height, both less one.
        var at = file.AsSpan().IndexOf("VP8L"u8) + 9;
        var rest = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)) & 0xF0000000;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), rest | (uint)(width - 1) | ((uint)(height - 1) << 14));
        return file;
    }

    private static byte[] Png(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        for (var i = 0; i < width * height; i++)
        {
            bitmap.SetPixel(i % width, i / width, new SKColor((uint)(0xFF000000 | (uint)(i * 7919))));
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
