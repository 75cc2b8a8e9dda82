using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Tests.Generators.OpenAICompatible;

/// <summary>What real image servers answer, sent from a socket as it was reported.</summary>
public sealed class RealImageServerTests
{
    [Fact]
    public async Task A_data_URL_in_place_of_an_address_is_decoded()
    {
        await using var server = new RawServer((_, _) => RawServer.Case("image-as-data-url"));

        (await MakeAsync(server)).MediaType.ShouldBe("image/png");
    }

    [Theory]
    [InlineData("""{"created":null,"data":[{"b64_json":"data:image/png;base64,IMAGE"}]}""")]
    [InlineData("""{"created":1.7e9,"data":[{"b64_json":"IMAGE","url":null}]}""")]
    [InlineData("""{"created":"now","data":[{"b64_json":null,"url":"data:image/png;base64,IMAGE"}],"usage":{"total_tokens":"many"}}""")]
    [InlineData("""{"images":["IMAGE"]}""")]
    [InlineData("""{"images":[{"url":"data:image/png;base64,IMAGE"}]}""")]
    [InlineData("""{"data":{"image":"IMAGE"},"error":null}""")]
    [InlineData("""{"data":[],"images":["data:image/png;base64, IMAGE"]}""")]
    [InlineData("""{"data":{"images":[{"b64_json":"IMAGE"}]},"id":"x","meta":{"steps":[1,2]}}""")]
    [InlineData("""{"result":{"image":"IMAGE"},"success":true,"errors":[],"messages":[]}""")]
    [InlineData("""{"artifacts":[{"base64":"IMAGE","finishReason":"SUCCESS"}]}""")]
    [InlineData("""{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"IMAGE"}]}""")]
    [InlineData("""{"output":"IMAGE"}""")]
    [InlineData("event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"IMAGE\"}\n\n")]
    [InlineData("\uFEFF{\"data\":[{\"b64_json\":\"IMAGE\"}],\"score\":NaN}")]
    [InlineData("""{"data":[{"url":"DATA:image/png;base64,ESCAPED"}]}""")]
    [InlineData("""{"choices":[{"message":{"content":"here","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,IMAGE"}}]}}]}""")]
    public async Task An_image_is_found_under_whatever_name_it_comes(string body)
    {
        var image = Convert.ToBase64String(TestImages.Png(4, 4).Data.Span);
        var answer = body.Replace("IMAGE", image, StringComparison.Ordinal).Replace("ESCAPED", Uri.EscapeDataString(image), StringComparison.Ordinal);
        foreach (var type in new[] { "application/json", "text/html" })
        {
            await using var server = new RawServer((_, _) => RawServer.Answer(answer, type));

            (await MakeAsync(server)).Data.ToArray().ShouldBe(TestImages.Png(4, 4).Data.ToArray());
        }
    }

    [Fact]
    public async Task The_bytes_of_an_image_are_an_answer_and_an_address_may_be_relative()
    {
        var image = TestImages.Png(4, 4).Data.ToArray();
        await using var bytes = new RawServer((_, _) => RawServer.Answer(image, "image/png"));
        (await MakeAsync(bytes)).Data.ToArray().ShouldBe(image);
        foreach (var address in new[] { "/view/a.png?x=1", "/v1/files/file-abc123/content" })
        {
            await using var relative = new RawServer((number, _) =>
                number == 0 ? RawServer.Answer($$"""{"data":[{"url":"{{address}}"}]}""") : RawServer.Answer(image, "text/plain"));

            (await MakeAsync(relative)).Data.ToArray().ShouldBe(image);
        }
    }

    [Fact]
    public async Task An_address_that_is_no_longer_open_is_no_refused_key()
    {
        RawServer? server = null;
        await using var made = server = new RawServer((number, _) => number == 0
            ? RawServer.Answer($$"""{"data":[{"url":"{{server!.At("/a.png?sig=secret")}}"}]}""")
            : RawServer.Answer("Request has expired", "text/plain", "403 Forbidden"));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(server))).Message.ShouldSatisfyAllConditions(
            message => message.ShouldContain("Request has expired"), message => message.ShouldNotContain("secret", Case.Insensitive));
    }

    [Fact]
    public async Task An_image_that_is_cut_off_is_told_and_not_kept()
    {
        var whole = TestImages.Png(400, 400).Data.ToArray();
        await using var server = new RawServer((_, _) => RawServer.Answer(whole[..(whole.Length * 2 / 3)], "image/png"));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(server))).Message.ShouldContain("cut off");

        using var bitmap = SKBitmap.Decode(whole);
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        await using var other = new RawServer((_, _) => RawServer.Answer(jpeg.ToArray()[..(int)(jpeg.Size * 2 / 3)], "image/jpeg"));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(other))).Message.ShouldContain("cut off");
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, 12)]
    [InlineData(SKEncodedImageFormat.Jpeg, 2)]
    public async Task An_image_that_lacks_only_its_end_mark_is_kept(SKEncodedImageFormat format, int mark)
    {
        using var bitmap = new SKBitmap(64, 48);
        bitmap.Erase(SKColors.Red);
        using var encoded = bitmap.Encode(format, 90);
        var bytes = encoded.ToArray();
        await using var server = new RawServer((_, _) => RawServer.Answer(bytes[..^mark], "image/*"));

        (await MakeAsync(server)).Data.Length.ShouldBe(bytes.Length - mark);
    }

    [Theory]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "but SVG")]
    [InlineData("\0\0\0\u000cJXL \r\n\u0087\n", "JPEG XL")]
    [InlineData("<!-- x --><html><title>Log in</title></html>", "a web page titled \"Log in\"")]
    [InlineData("{\"error\":\"the reason\"}", "the reason")]
    public async Task What_is_sent_in_place_of_an_image_is_named(string text, string said)
    {
        var base64 = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
        await using var server = new RawServer((_, _) => RawServer.Answer($$"""{"data":[{"b64_json":"{{base64}}"}]}"""));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(server))).Message.ShouldContain(said);
    }

    [Theory]
    [InlineData("""{"error":{"message":"Unknown parameter: 'size'.","code":"unknown_parameter","param":"size"}}""")]
    [InlineData("""{"detail":[{"type":"extra_forbidden","loc":["body","size"],"msg":"Extra inputs are not permitted"}]}""")]
    public async Task A_field_that_an_image_server_refuses_by_name_is_left_out_from_then_on(string refusal)
    {
        var image = Convert.ToBase64String(TestImages.Png(4, 4).Data.Span);
        await using var server = new RawServer((_, sent) => sent.Contains("\"size\"", StringComparison.Ordinal)
            ? RawServer.Answer(refusal, status: "400 Bad Request")
            : RawServer.Answer($$"""{"data":[{"b64_json":"{{image}}"}]}"""));
        using var generator = Generator(server, []);
        var options = new ImageGenerationOptions { ImageSize = new(64, 64) };

        (await generator.GenerateImagesAsync("a red cat", options)).Contents.ShouldHaveSingleItem();
        (await generator.GenerateImagesAsync("a red cat", options)).Contents.ShouldHaveSingleItem();

        server.Bodies.Count.ShouldBe(3, "the second call knows");
        server.Bodies.ShouldAllBe(body => body.Contains("a red cat", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_can_say_which_field_an_image_request_leaves_out()
    {
        await using var server = new RawServer((_, _) => RawServer.Answer(TestImages.Png(4, 4).Data.ToArray(), "image/png"));
        using var generator = Generator(server, ["size"]);

        await generator.GenerateImagesAsync("a red cat", new ImageGenerationOptions { ImageSize = new(64, 64) });

        server.Bodies.ShouldHaveSingleItem().ShouldNotContain("size");
    }

    [Fact]
    public async Task An_error_in_an_answer_that_began_well_is_told()
    {
        await using var server = new RawServer((_, _) => RawServer.Case("image-error-in-200"));

        (await Should.ThrowAsync<BackendException>(() => MakeAsync(server))).Message.ShouldContain("model not loaded");
    }

    [Fact]
    public async Task Azures_content_filter_is_a_refusal_of_the_prompt()
    {
        await using var server = new RawServer((_, _) => RawServer.Case("azure-content-filter"));

        (await Should.ThrowAsync<PromptRefusedException>(() => MakeAsync(server))).Message.ShouldContain("safety system");
    }

    [Fact]
    public async Task An_answer_without_an_image_is_told_with_what_it_says()
    {
        await using var server = new RawServer((_, _) => RawServer.Answer("""{"created":1,"data":[],"message":"queue is full"}"""));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(server))).Message.ShouldContain("queue is full");
    }

    [Fact]
    public async Task Thousands_of_images_are_not_fetched()
    {
        var image = Convert.ToBase64String(TestImages.Png(1, 1).Data.Span);
        await using var server = new RawServer((_, _) => RawServer.Answer($$"""{"data":[{{string.Join(',', Enumerable.Repeat($"\"{image}\"", 3000))}}]}"""));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(server))).Message.ShouldContain("MaxCount");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task An_address_with_another_name_of_the_same_server_is_fetched(string host)
    {
        RawServer? server = null;
        await using var made = server = new RawServer((number, _) => number == 0
            ? RawServer.Case("image-url-other-name-of-same-host", body => body.Replace("localhost:18100", $"{host}:{server!.Port}", StringComparison.Ordinal))
            : RawServer.Answer(TestImages.Png(4, 4).Data.ToArray(), "image/png"));

        (await MakeAsync(server)).MediaType.ShouldBe("image/png");
    }

    [Theory]
    [InlineData("ftypavif", "AVIF")]
    [InlineData("ftypheic", "HEIC")]
    [InlineData("ftypmif1heic", "HEIC")]
    public async Task A_format_that_is_known_and_not_read_is_named(string brand, string name)
    {
        var bytes = new byte[] { 0, 0, 0, 32 }.Concat(System.Text.Encoding.ASCII.GetBytes(brand)).Concat(new byte[40]).ToArray();
        await using var server = new RawServer((_, _) => RawServer.Answer($$"""{"data":[{"b64_json":"{{Convert.ToBase64String(bytes)}}"}]}"""));

        (await Should.ThrowAsync<BackendAnswerException>(() => MakeAsync(server))).Message.ShouldContain(name);
    }

    [Fact]
    public async Task GIF_BMP_and_ICO_are_read()
    {
        // One red pixel each: Skia writes neither format.
        const string Gif = "R0lGODdhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";
        byte[] bmp = [(byte)'B', (byte)'M', 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0];
        byte[] ico = [0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 24, 0, 48, 0, 0, 0, 22, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 8, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0];
        foreach (var image in new[] { Gif, Convert.ToBase64String(bmp), Convert.ToBase64String(ico) })
        {
            await using var server = new RawServer((_, _) => RawServer.Answer($$"""{"data":[{"b64_json":"{{image}}"}]}"""));

            var made = await MakeAsync(server);

            made.MediaType.ShouldBe("image/png");
            using var pixels = SKBitmap.Decode(made.Data.Span);
            pixels.GetPixel(0, 0).ShouldBe(SKColors.Red);
        }
    }

    private static async Task<DataContent> MakeAsync(RawServer server)
    {
        using var generator = Generator(server, []);
        var response = await generator.GenerateImagesAsync("a red cat");
        return (DataContent)response.Contents.ShouldHaveSingleItem();
    }

    private static IImageGenerator Generator(RawServer server, IReadOnlyList<string> without) => OpenAIServer.CreateImageGenerator(
        new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new BackendHttpOptions { MaxRetries = 0 }, Without = without });
}
