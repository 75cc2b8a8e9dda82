using GenAgent.Agents;
using GenAgent.Tests.Agents;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Tests.Tools;

public sealed class ImageInspectorTests
{
    private static readonly byte[] Sound = SeededGenerator.Png(20, 10, 0x123456);

    [Fact]
    public void A_bomb_that_declares_sixty_thousand_pixels_a_side_is_refused_before_anything_is_decoded()
    {
        var bomb = TestImages.Declaring(60_000, 60_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var wrong = Inspect(bomb, new ImageAgentOptions());

        wrong.ShouldBe("The image declares 60000 x 60000 pixels, but at most 67108864 pixels are allowed.");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, "image/png")]
    [InlineData(SKEncodedImageFormat.Jpeg, "image/jpeg")]
    [InlineData(SKEncodedImageFormat.Webp, "image/webp")]
    public void A_sound_image_is_known_by_its_content_whatever_it_was_declared_as(SKEncodedImageFormat format, string mediaType)
    {
        using var bitmap = new SKBitmap(20, 10);
        bitmap.Erase(SKColors.Red);
        using var encoded = bitmap.Encode(format, 90);

        ImageInspector.Inspect(new DataContent(encoded.ToArray(), "image/gif"), null, 7, new ImageAgentOptions(), out var reference).ShouldBeNull();
        (reference!.MediaType, reference.Width, reference.Height, reference.RequestedSeed).ShouldBe((mediaType, 20, 10, 7L));
    }

    [Fact]
    public void An_image_cut_short_is_corrupt_unless_only_headers_are_checked()
    {
        var cut = SeededGenerator.Png(64, 64, 1)[..^30];

        Inspect(cut, new ImageAgentOptions())!.ShouldContain("decoding its pixels failed");
        Inspect(cut, new ImageAgentOptions { DecodeImages = false }).ShouldBeNull();
    }

    [Fact]
    public void What_is_no_image_is_told_as_what_it_is()
    {
        Inspect("<html>502 Bad Gateway</html>"u8.ToArray(), new ImageAgentOptions())!.ShouldContain("no image");
        Inspect([], new ImageAgentOptions())!.ShouldContain("no image");
        Inspect(Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), new ImageAgentOptions())!.ShouldContain("format is Gif");
        Inspect(Sound, new ImageAgentOptions { MaxImageBytes = 10 })!.ShouldContain("at most 10 are allowed");
    }

    [Fact]
    public void Any_single_byte_changed_gives_a_verdict_and_never_an_exception()
    {
        for (var at = 0; at < Sound.Length; at++)
        {
            var damaged = Sound.ToArray();
            damaged[at] ^= 0xFF;
            Should.NotThrow(() => Inspect(damaged, new ImageAgentOptions()));
            Should.NotThrow(() => Inspect(Sound[..at], new ImageAgentOptions()));
        }
    }

    [Fact]
    public void Images_are_compared_by_their_pixels()
    {
        ImageComparison.MaxDifference(Sound, Sound).ShouldBe(0);
        ImageComparison.MaxDifference(SeededGenerator.Png(4, 4, 0x000000), SeededGenerator.Png(4, 4, 0x000033)).ShouldBe(0.2);
        ImageComparison.MaxDifference(Sound, SeededGenerator.Png(10, 20, 0x123456)).ShouldBeNull();
        ImageComparison.MaxDifference(Sound, "no image"u8.ToArray()).ShouldBeNull();
    }

    private static string? Inspect(byte[] image, ImageAgentOptions options) =>
        ImageInspector.Inspect(new DataContent(image, "image/png"), new Generation("p"), 0, options, out _);
}
