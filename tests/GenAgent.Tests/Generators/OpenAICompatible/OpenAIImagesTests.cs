using System.Drawing;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using GenAgent.Tools;
using GenAgent.Trajectories;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.OpenAICompatible;

/// <summary>OpenAI's images, against sd-server as recorded and against requests as OpenAI's own client was recorded to send them.</summary>
public class OpenAIImagesTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, Exchange>> Recorded = new(() => Recording.Exchanges("sd_server")
        .Where(exchange => exchange.Path.StartsWith("/v1/images/", StringComparison.Ordinal) && exchange.Method == "POST")
        .Concat(Recording.Named("openai_client_requests.jsonl", "openai")
            .Where(exchange => exchange.Path is "/v1/images/generations" or "/v1/images/edits" && exchange.RequestJson()?["stream"] is null))
        .ToDictionary(exchange => exchange.Name, StringComparer.Ordinal));

    public static TheoryData<string> Answers()
    {
        (Recorded.Value.Count > 20 || !Recording.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        return [.. Recorded.Value.Keys.DefaultIfEmpty(string.Empty)];
    }

    public static TheoryData<string> Generations()
    {
        var names = Recorded.Value.Values
            .Where(exchange => exchange.Path == "/v1/images/generations" && exchange.Status == 200 && exchange.RequestJson()?["prompt"] is JsonValue
                && exchange.RequestJson()!["n"]?.GetValue<int>() is null or >= 1)
            .Select(exchange => exchange.Name);
        return [.. names.DefaultIfEmpty(string.Empty)];
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Every_answer_gives_the_images_in_it_or_the_error_that_it_is(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var generator = Generator(server);
        var edit = exchange.Path.EndsWith("edits", StringComparison.Ordinal);
        Task<ImageGenerationResponse> GenerateAsync() => edit ? generator.EditImageAsync(TestImages.Png(), "p") : generator.GenerateImagesAsync("p");

        if (exchange.Status != 200)
        {
            var exception = await Should.ThrowAsync<BackendRejectedException>(GenerateAsync);
            exception.Status.ShouldBe(exchange.Status);
            var body = JsonNode.Parse(exchange.Body)!;
            exception.Message.ShouldContain((body["message"] ?? body["error"])!.GetValue<string>());
            return;
        }

        var response = await GenerateAsync();

        var data = JsonNode.Parse(exchange.Body)!["data"]!.AsArray();
        response.Contents.Count.ShouldBe(data.Count);
        foreach (var (content, item) in response.Contents.Cast<DataContent>().Zip(data))
        {
            content.Data.ToArray().ShouldBe(Convert.FromBase64String(item!["b64_json"]!.GetValue<string>()));
            content.GetSeed().ShouldBe(GenAgent.Generators.Imaging.PngText.Seed(content.Data.Span));
            content.MediaType.ShouldBe(content.Data.Span[0] == 0xff ? "image/jpeg" : "image/png");
        }

        server.Requests.Single().Path.ShouldBe(exchange.Path);
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task A_request_is_sent_as_it_was_recorded(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        var recorded = exchange.RequestJson()!;
        var size = recorded["size"]?.GetValue<string>().Split('x');
        var options = new ImageGenerationOptions
        {
            ModelId = recorded["model"]?.GetValue<string>(),
            Count = recorded["n"]?.GetValue<int>(),
            ImageSize = size is [var width, var height] ? new Size(int.Parse(width), int.Parse(height)) : null,
            MediaType = recorded["output_format"] is { } format ? $"image/{format.GetValue<string>()}" : null,
        };
        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var generator = Generator(server);

        await generator.GenerateAsync(new ImageGenerationRequest(recorded["prompt"]!.GetValue<string>()), options);

        var sent = JsonNode.Parse(server.Requests.Single().Text)!;
        sent["prompt"]!.GetValue<string>().ShouldBe(recorded["prompt"]!.GetValue<string>());
        sent["size"]?.GetValue<string>().ShouldBe(size is [_, _] ? recorded["size"]!.GetValue<string>() : null);
        (sent["n"]?.GetValue<int>() ?? 1).ShouldBe(Math.Max(1, options.Count ?? 1));
        if (options.MediaType is not null)
        {
            sent["output_format"]!.GetValue<string>().ShouldBe(recorded["output_format"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task An_edit_is_sent_with_its_image_whole_and_can_be_sent_again()
    {
        var image = TestImages.Png(24, 16);
        var calls = 0;
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = ++calls == 1 ? 503 : 200;
            return context.Response.WriteAsync($$"""{"created":1,"data":[{"b64_json":"{{Convert.ToBase64String(image.Data.Span)}}"}]}""");
        });
        var http = new GenAgent.Models.Http.BackendHttp("s", new() { MaxRetries = 1 })
        {
            TimeProvider = new ScriptedTime(wait => wait < TimeSpan.FromMinutes(3)),
            RepeatPosts = true
        };
        using var generator = OpenAIServer.CreateImageGenerator(new OpenAIServerOptions("gpt-image-1.5") { Endpoint = server.At("/v1") }, http);

        var response = await generator.EditImageAsync(image, "make it blue", new ImageGenerationOptions { Count = 1 });

        ((DataContent)response.Contents.Single()).Data.ToArray().ShouldBe(image.Data.ToArray());
        server.Requests.Count.ShouldBe(2);
        foreach (var seen in server.Requests)
        {
            seen.Path.ShouldBe("/v1/images/edits");
            seen.Headers["Content-Type"].ShouldStartWith("multipart/form-data");
            seen.Text.ShouldContain("make it blue");
            seen.Body.AsSpan().IndexOf(image.Data.Span).ShouldBeGreaterThan(0);
        }
    }

    [Fact]
    public async Task A_broken_input_image_is_refused_here_since_servers_paint_on_without_a_word()
    {
        await using var server = await LoopbackServer.StartAsync(_ => Task.CompletedTask);
        using var generator = Generator(server);

        var exception = await Should.ThrowAsync<InvalidDataException>(
            () => generator.EditImageAsync(new DataContent("nonsense"u8.ToArray(), "image/png"), "p"));

        exception.Message.ShouldContain("Input image 1");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_in_an_answer_and_in_a_request_is_fetched()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            if (context.Request.Path.StartsWithSegments("/files", StringComparison.Ordinal))
            {
                context.Response.ContentType = "image/png";
                await context.Response.Body.WriteAsync(TestImages.Png().Data);
                return;
            }

            await context.Response.WriteAsync($$"""{"created":1,"data":[{"url":"http://{{context.Request.Host}}/files/a.png"}]}""");
        });
        using var generator = Generator(server);

        var response = await generator.EditImagesAsync([new UriContent(server.At("/files/in.png"), "image/png")], "p");

        response.Contents.Single().ShouldBeOfType<DataContent>().Data.ToArray().ShouldBe(TestImages.Png().Data.ToArray());
        server.Requests.Select(seen => seen.Path).ShouldBe(["/files/in.png", "/v1/images/edits", "/files/a.png"]);
    }

    [Theory]
    [InlineData("{\"created\":1,\"data\":[]}", "without an image")]
    [InlineData("{\"created\":1,\"data\":[{\"b64_json\":\"bm8=\"}]}", "no image that can be read")]
    [InlineData("{\"created\":1,\"data\":[{\"b64_json\":\"@@\"}]}", "answered without an image")]
    [InlineData("[]", "answered without an image")]
    public async Task An_answer_without_a_usable_image_is_told(string body, string reason)
    {
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(body));
        using var generator = Generator(server);

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain(reason);
    }

    [Fact]
    public async Task A_refused_prompt_is_told_apart_from_other_errors()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = 400;
            return context.Response.WriteAsync(
                """{"error":{"message":"rejected by the safety system","type":"image_generation_user_error","param":null,"code":"moderation_blocked"}}""");
        });
        using var generator = Generator(server);

        (await Should.ThrowAsync<PromptRefusedException>(() => generator.GenerateImagesAsync("p"))).Code.ShouldBe("moderation_blocked");
    }

    [Fact]
    public async Task What_cannot_be_painted_is_refused_here()
    {
        await using var server = await LoopbackServer.StartAsync(_ => Task.CompletedTask);
        using var generator = Generator(server);

        await Should.ThrowAsync<ArgumentException>(() => generator.GenerateImagesAsync(" "));
        await Should.ThrowAsync<ArgumentException>(() => generator.GenerateImagesAsync("p", new() { Count = 0 }));
        await Should.ThrowAsync<ArgumentException>(() => generator.GenerateImagesAsync("p", new() { ImageSize = new Size(0, 8) }));
        server.Requests.ShouldBeEmpty();
    }

    public static TheoryData<string> Edits()
    {
        var names = Recorded.Value.Values.Where(
            exchange => exchange.Path == "/v1/images/edits" && exchange.Status == 200).Select(exchange => exchange.Name);
        return [.. names.DefaultIfEmpty(string.Empty)];
    }

    [Theory]
    [MemberData(nameof(Edits))]
    public async Task An_edit_is_sent_in_the_form_of_the_recorded_one(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        var recorded = await FormPart.ReadAsync(exchange.RequestBody);
        string? Text(string field) => recorded.FirstOrDefault(part => part.Name == field) is { } part ? Encoding.UTF8.GetString(part.Bytes) : null;
        var options = new ImageGenerationOptions
        {
            Count = Text("n") is { } count ? int.Parse(count) : null,
            ImageSize = Text("size")?.Split('x') is [var width, var height] ? new Size(int.Parse(width), int.Parse(height)) : null,
            MediaType = Text("output_format") is { } format ? $"image/{format}" : null,
            AdditionalProperties = new()
            {
                ["input_fidelity"] = Text("input_fidelity"),
                ["mask"] = recorded.Where(part => part.Name == "mask").Select(part => new DataContent(part.Bytes, "image/png")).FirstOrDefault(),
            },
        };
        var pictures = recorded.Where(part => part.Name is "image" or "image[]").ToList();
        Assert.SkipUnless(
            pictures.Count > 0 && pictures.TrueForAll(part => part.Bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P']))
                && Text("prompt") is not null,
            "the request is wrong on purpose");
        var images = pictures.Select(part => new DataContent(part.Bytes, "image/png"));
        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var generator = OpenAIServer.CreateImageGenerator(
            new OpenAIServerOptions(Text("model") ?? "m") { Endpoint = server.At("/v1"), Http = new() { MaxRetries = 0 } });

        await generator.EditImagesAsync(images, Text("prompt")!, options);

        var sent = await FormPart.ReadAsync(server.Requests.Single().Body);
        var single = recorded.Count(part => part.Name.StartsWith("image", StringComparison.Ordinal)) == 1;
        sent.Where(part => part.Name != "model" || Text("model") is not null).Select(part => (part.Name.TrimEnd('[', ']'), Convert.ToHexString(part.Bytes)))
            .ShouldBe(
                recorded.Where(part => part.Name != "size" || options.ImageSize is not null)
                    .Select(part => (part.Name.TrimEnd('[', ']'), Convert.ToHexString(part.Bytes))),
                ignoreOrder: true);
        sent.Where(part => part.Name.StartsWith("image", StringComparison.Ordinal)).ShouldAllBe(part => part.Name == (single ? "image" : "image[]"));
        sent.Where(part => part.File is not null).ShouldAllBe(part => part.File!.EndsWith(".png", StringComparison.Ordinal) && part.Type == "image/png");
        sent.FindLastIndex(part => part.File is null).ShouldBeLessThan(sent.FindIndex(part => part.File is not null), "text fields come before files");
    }

    [Fact]
    public async Task What_an_agent_asks_for_has_no_response_format_since_OpenAIs_present_models_refuse_it()
    {
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(
            $$"""{"created":1,"data":[{"b64_json":"{{Convert.ToBase64String(TestImages.Png().Data.Span)}}"}]}"""));
        using var generator = Generator(server);
        var options = ImageMaker.OptionsFor(new Generation("p") { Width = 1024, Height = 1536 }, seed: 7);
        options.ResponseFormat.ShouldBe(ImageGenerationResponseFormat.Data);

        await generator.GenerateImagesAsync("p", options);
        await generator.EditImageAsync(TestImages.Png(), "p", options);

        JsonNode.Parse(server.Requests.First().Text)!.AsObject().Select(field => field.Key).ShouldBe(["prompt", "model", "n", "size"], ignoreOrder: true);
        (await FormPart.ReadAsync(server.Requests.Last().Body)).Select(part => part.Name)
            .ShouldBe(["prompt", "model", "n", "size", "image"], ignoreOrder: true);
    }

    [Fact]
    public async Task Quality_and_the_like_reach_OpenAI_by_their_names()
    {
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(
            $$$"""{"created":1,"data":[{"b64_json":"{{{Convert.ToBase64String(TestImages.Png().Data.Span)}}}"}],"usage":{"input_tokens":12,"output_tokens":272,"total_tokens":284}}"""));
        using var generator = Generator(server);
        var options = new ImageGenerationOptions
        {
            AdditionalProperties = new()
            {
                ["quality"] = "high",
                ["background"] = "transparent",
                ["moderation"] = "low",
                ["style"] = "natural",
                ["output_compression"] = 80,
                ["user"] = "u-1"
            },
        };

        await generator.GenerateImagesAsync("p", options);
        var edited = await generator.EditImageAsync(TestImages.Png(), "p", options);

        var sent = JsonNode.Parse(server.Requests.First().Text)!;
        foreach (var (field, value) in options.AdditionalProperties!)
        {
            sent[field]?.ToString().ShouldBe(value!.ToString(), field);
            sent[field].ShouldNotBeNull(field);
        }

        server.Requests.Last().Text.ShouldContain("high");
        (await FormPart.ReadAsync(server.Requests.Last().Body)).Select(part => part.Name)
            .ShouldNotContain(name => name == "moderation" || name == "style", "edits have no such field");
        edited.Usage.ShouldNotBeNull().TotalTokenCount.ShouldBe(284);
    }

    private static IImageGenerator Generator(LoopbackServer server) =>
        OpenAIServer.CreateImageGenerator(new OpenAIServerOptions("m") { Endpoint = server.At("/v1"), Http = new() { MaxRetries = 0 } });
}
