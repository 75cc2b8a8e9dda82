using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Tests.Generators.Imaging;

public class ImagingTests
{
    [Theory]
    [InlineData(SKEncodedImageFormat.Png, "image/png")]
    [InlineData(SKEncodedImageFormat.Jpeg, "image/jpeg")]
    [InlineData(SKEncodedImageFormat.Webp, "image/webp")]
    public void An_images_real_type_and_size_are_read_from_its_bytes(SKEncodedImageFormat format, string type)
    {
        ImageHeader.TryRead(TestImages.Encode(31, 17, SKColors.Navy, format), out var header, out _).ShouldBeTrue();

        header.ShouldBe(new ImageHeader(type, 31, 17));
    }

    [Theory]
    [InlineData(60_000, 60_000)]
    [InlineData(20_000, 1)]
    [InlineData(16_000, 16_000)]
    public void An_image_bomb_is_refused_by_what_it_declares(int width, int height)
    {
        ImageHeader.TryRead(TestImages.Declaring(width, height), out _, out var error).ShouldBeFalse();

        error!.ShouldContain($"declares {width} x {height} pixels");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no image")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    public void What_is_no_image_is_told(string text) =>
        Should.Throw<BackendAnswerException>(() => ImageHeader.ToContent(System.Text.Encoding.UTF8.GetBytes(text), "the server")).Message
            .ShouldContain("the server sent an image that is no image");

    [Fact]
    public void An_image_under_a_wrong_label_gets_its_own()
    {
        var image = new DataContent(TestImages.Encode(4, 4, SKColors.Red, SKEncodedImageFormat.Jpeg), "image/png") { Name = "n" };

        var portable = PortableImage.From(image, "x");

        (portable.MediaType, portable.Name).ShouldBe(("image/jpeg", "n"));
        PortableImage.From(portable, "x").ShouldBeSameAs(portable);
    }

    [Fact]
    public void A_WebP_cut_in_the_middle_is_refused()
    {
        var whole = TestImages.Encode(64, 64, SKColors.Red, SKEncodedImageFormat.Webp);

        Should.Throw<InvalidDataException>(
            () => PortableImage.From(new DataContent(whole.AsMemory(0, whole.Length / 2), "image/webp"), "Input image 3")).Message.ShouldContain(
            "Input image 3");
    }

    [Theory]
    [InlineData("a fox\nSteps: 20, Sampler: Euler a, CFG scale: 7.0, Seed: 7, Size: 512x512", 7L)]
    [InlineData("a fox\nNegative prompt: x\nSteps: 20, Seed: 4294967295", 4294967295L)]
    [InlineData("a sign that says\nSteps: 1, Seed: 99\nSteps: 20, Seed: 7, Size: 8x8", 7L)]
    [InlineData("Steps: 20, Seed: 5", 5L)]
    [InlineData("a fox", null)]
    [InlineData("a fox\nSteps: 20, Seed: none", null)]
    public void The_seed_that_a_program_wrote_down_is_found_whatever_the_prompt_says(string text, long? seed) =>
        PngText.SeedIn(text).ShouldBe(seed);

    [Fact]
    public void Every_cut_of_a_recorded_PNG_gives_its_seed_or_none_and_never_fails()
    {
        var png = Recording.Exchanges("sd_server").Where(exchange => exchange.Path == "/sdapi/v1/txt2img" && exchange.Status == 200)
            .Select(exchange => Convert.FromBase64String(System.Text.Json.Nodes.JsonNode.Parse(exchange.Body)!["images"]![0]!.GetValue<string>()))
            .FirstOrDefault();
        if (png is null)
        {
            Recording.IsDefault.ShouldBeFalse();
            return;
        }

        var whole = PngText.Seed(png);
        whole.ShouldNotBeNull();
        for (var length = 0; length < png.Length; length++)
        {
            PngText.Seed(png.AsSpan(0, length)).ShouldBeOneOf(null, whole);
        }

        PngText.Read(png, "comment").ShouldBeNull();
        PngText.Read("GIF89a"u8, "parameters").ShouldBeNull();
    }
}
