using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Generators.GeAgent;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Agents;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using SkiaSharp;

namespace GenAgent.Tests.Generators.GeAgent;

public sealed class GeAgentTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_request_asks_for_is_sent_as_the_servers_know_it()
    {
        await using var server = await LoopbackServer.StartAsync(context => AnswerAsync(context, 2));
        using var generator = Generator(server);
        var options = new ImageGenerationOptions { Count = 2, ImageSize = new(64, 32) }.With("steps", 8).With("guidance_scale", 3.5).WithSeed(7);

        var response = await generator.GenerateAsync(new ImageGenerationRequest("a fox"), options, None);

        var sent = server.Requests.Single();
        (sent.Method, sent.Path).ShouldBe(("POST", "/generate/"));
        sent.Text.ShouldBe("""{"prompt":["a fox"],"height":32,"width":64,"num_inference_steps":8,"guidance_scale":3.5,"num_images_per_prompt":2}""");
        response.Contents.Count.ShouldBe(2);
        response.Contents.ShouldAllBe(image => ((DataContent)image).MediaType == "image/png" && image.GetSeed() == null);
    }

    [Fact]
    public async Task An_edit_goes_to_the_server_of_edits_with_its_image_as_png()
    {
        await using var images = await LoopbackServer.StartAsync(context => AnswerAsync(context, 1));
        await using var edits = await LoopbackServer.StartAsync(context => AnswerAsync(context, 1));
        var registry = new BackendRegistry(new ConfigurationBuilder().Build()).AddServers();
        using var generator = await registry.CreateImageGeneratorAsync($"geagent:{images.Url}?edit={edits.Url}", None);

        await generator.GenerateAsync(new ImageGenerationRequest("redder") { OriginalImages = [new DataContent(Jpeg(), "image/jpeg")] }, null, None);

        images.Requests.ShouldBeEmpty();
        var image = Convert.FromBase64String((string)JsonNode.Parse(edits.Requests.Single().Text)!["image"]!.AsArray().Single()!);
        image.AsSpan(1, 3).SequenceEqual("PNG"u8).ShouldBeTrue();
        generator.GetService<GeneratorProfile>()!.ShouldBe(new GeneratorProfile { TakesOriginalImages = true, HasFixedSeed = true });
    }

    [Theory]
    [InlineData(500, "the pipeline broke")]
    [InlineData(503, "CUDA out of memory")]
    [InlineData(504, "timed out")]
    public async Task What_the_server_says_of_a_failure_is_told(int status, string detail)
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsJsonAsync(new { detail });
        });
        using var generator = Generator(server);

        var failure = await Should.ThrowAsync<BackendUnavailableException>(() => generator.GenerateAsync(new ImageGenerationRequest("a fox"), null, None));
        (failure.Status, failure.Message.Contains(detail, StringComparison.Ordinal)).ShouldBe((status, true));
    }

    [Theory]
    [InlineData("""{"status": "success", "images": []}""", "without an image")]
    [InlineData("""{"status": "busy"}""", "status \"busy\"")]
    [InlineData("""{"status": "error", "message": "CUDA out of memory"}""", "CUDA out of memory")]
    [InlineData("""{"detail": "no such size"}""", "no such size")]
    [InlineData("""{"status": "success", "images": ["!"]}""", "cannot be understood")]
    [InlineData("""{"status": "success", "images": [null]}""", "cannot be understood")]
    [InlineData("""{"status": "success", "images": ["aGVsbG8="]}""", "no image that can be read")]
    [InlineData("hello", "cannot be understood")]
    public async Task An_answer_that_holds_no_image_is_told(string answer, string why)
    {
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(answer));
        using var generator = Generator(server);

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateAsync(new ImageGenerationRequest("a fox"), null, None))).Message.ShouldContain(
            why);
    }

    [Theory]
    [InlineData("""{"images": ["IMAGE"], "seconds": NaN}""")]
    [InlineData("\uFEFF{\"status\": \"success\", \"images\": \"data:image/png;base64,IMAGE\"}")]
    public async Task An_image_is_read_however_it_is_written(string answer)
    {
        var image = Convert.ToBase64String(SeededGenerator.Png(8, 8, 1));
        await using var server = await LoopbackServer.StartAsync(
            context => context.Response.WriteAsync(answer.Replace("IMAGE", image, StringComparison.Ordinal)));
        using var generator = Generator(server);

        (await generator.GenerateAsync(new ImageGenerationRequest("a fox"), null, None)).Contents.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_the_servers_cannot_do_is_refused_before_anything_is_sent()
    {
        await using var server = await LoopbackServer.StartAsync(context => AnswerAsync(context, 1));
        using var generator = Generator(server);
        var image = new DataContent(SeededGenerator.Png(8, 8, 1), "image/png");

        (await Should.ThrowAsync<ArgumentException>(
            () => generator.GenerateAsync(new ImageGenerationRequest("x"), new() { Count = 5 }, None))).Message.ShouldContain(
            "1 to 4");
        (await Should.ThrowAsync<BackendRejectedException>(
            () => generator.GenerateAsync(new ImageGenerationRequest("x") { OriginalImages = [image] }, null, None)))
            .Message.ShouldContain("?edit=http://HOST:8998");
        (await Should.ThrowAsync<ArgumentException>(
            () => generator.GenerateAsync(new ImageGenerationRequest("x") { OriginalImages = [image, image] }, null, None)))
            .Message.ShouldContain("edits one");
        await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateAsync(
            new ImageGenerationRequest("x") { OriginalImages = [image] }, new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, image), None));
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("geagent:http://host:8999?edit=host:8998")]
    [InlineData("geagent:http://host:8999?edit=http://me:secret@host")]
    public async Task An_address_of_edits_that_is_none_is_refused_and_no_password_repeated(string uri)
    {
        var registry = new BackendRegistry(new ConfigurationBuilder().Build()).AddServers();
        var refused = await Should.ThrowAsync<BackendUriException>(async () => await registry.CreateImageGeneratorAsync(uri, None));
        refused.Message.ShouldContain("\"edit\" must be an address");
        refused.Message.ShouldNotContain("secret");
    }

    private static GeAgentImageGenerator Generator(LoopbackServer server) =>
        new(new GeAgentOptions { Endpoint = server.Url, Http = new BackendHttpOptions { MaxRetries = 0 } });

    private static Task AnswerAsync(HttpContext context, int count) =>
        context.Response.WriteAsJsonAsync(new { status = "success", images = Enumerable.Repeat(Convert.ToBase64String(SeededGenerator.Png(8, 8, 3)), count) });

    private static byte[] Jpeg()
    {
        using var bitmap = new SKBitmap(8, 8);
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        return encoded.ToArray();
    }
}
