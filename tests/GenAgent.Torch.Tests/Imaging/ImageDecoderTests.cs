using GenAgent.Torch.Imaging;
using GenAgent.Torch.Tests.Golden;
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
