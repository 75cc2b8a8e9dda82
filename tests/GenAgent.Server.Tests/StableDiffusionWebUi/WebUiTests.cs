using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using GenAgent.Generators;
using GenAgent.Generators.A1111;
using GenAgent.Server.Tests.Protocols;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Tests.StableDiffusionWebUi;

/// <summary>AUTOMATIC1111's API, as front ends use it, and as this project's own client of that API does.</summary>
public sealed class WebUiTests(ProtocolServer server) : IClassFixture<ProtocolServer>
{
    public static TheoryData<string> AskedAtStart { get; } =
    [
        "sd-models", "options", "samplers", "schedulers", "upscalers", "latent-upscale-modes", "sd-vae", "loras", "embeddings", "hypernetworks",
        "prompt-styles", "face-restorers", "scripts",
        "script-info", "cmd-flags", "memory", "progress", "progress?skip_current_image=true",
    ];

    [Theory]
    [MemberData(nameof(AskedAtStart))]
    public async Task What_front_ends_ask_for_at_start_is_answered(string path) =>
        (await server.Http.GetFromJsonAsync<JsonElement>(server.At($"/sdapi/v1/{path}"), TestContext.Current.CancellationToken)).ValueKind.ShouldBeOneOf(
            JsonValueKind.Array, JsonValueKind.Object);

    [Fact]
    public async Task Images_come_with_their_seeds_and_the_text_in_which_other_programs_look_for_them()
    {
        var answer = await MakeAsync("txt2img", new { prompt = "two red circles", batch_size = 2, seed = 5, steps = 20, sampler_name = "Euler a" });

        var images = answer.GetProperty("images").EnumerateArray().Select(image => image.GetBytesFromBase64()).ToArray();
        images.Length.ShouldBe(2);
        var info = JsonSerializer.Deserialize<JsonElement>(answer.GetProperty("info").GetString()!);
        info.GetProperty("all_seeds").GetArrayLength().ShouldBe(2);
        info.GetProperty("index_of_first_image").GetInt32().ShouldBe(0);
        var seed = info.GetProperty("all_seeds")[0].GetInt64();
        Encoding.Latin1.GetString(images[0]).ShouldContain($"parameters\0");
        Encoding.Latin1.GetString(images[0]).ShouldContain($"Seed: {seed}");
        answer.GetProperty("parameters").GetProperty("prompt").GetString().ShouldBe("two red circles");
    }

    [Fact]
    public async Task One_seed_makes_one_image()
    {
        var first = (await MakeAsync("txt2img", new { prompt = "two red circles", seed = 5 })).GetProperty("images")[0].GetString();
        var second = (await MakeAsync("txt2img", new { prompt = "two red circles", seed = 5 })).GetProperty("images")[0].GetString();

        SamePixels(first!, second!).ShouldBeTrue();
    }

    [Fact]
    public async Task An_image_is_edited()
    {
        var first = (await MakeAsync("txt2img", new { prompt = "two red circles" })).GetProperty("images")[0].GetString();

        var edited = await MakeAsync("img2img", new { prompt = "one blue square", init_images = new[] { first }, denoising_strength = 0.75 });

        edited.GetProperty("images").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task This_project_s_own_client_paints_with_it()
    {
        using var generator = new A1111ImageGenerator(new A1111Options { Endpoint = server.At("/") });

        var response = await generator.GenerateImagesAsync("two red circles", new ImageGenerationOptions { Count = 2 }, TestContext.Current.CancellationToken);

        response.Contents.OfType<DataContent>().Count().ShouldBe(2);
        response.Contents.ShouldAllBe(image => image.GetSeed() >= 0);
    }

    [Fact]
    public async Task Nothing_is_under_way_when_nothing_was_asked_for_and_an_interrupt_harms_nobody()
    {
        (await server.Http.GetFromJsonAsync<JsonElement>(server.At("/sdapi/v1/progress"), TestContext.Current.CancellationToken))
            .GetProperty("progress")
            .GetDouble()
            .ShouldBe(0);
        using var response = await server.Http.PostAsync(server.At("/sdapi/v1/interrupt"), null, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("txt2img", "", "body")]
    [InlineData("txt2img", "[]", "body")]
    [InlineData("txt2img", """{"prompt":"\ud83d"}""", "body")]
    [InlineData("txt2img", """{"prompt":"x","prompt":"y"}""", "body")]
    [InlineData("txt2img", "{}", "prompt")]
    [InlineData("txt2img", """{"prompt":7}""", "prompt")]
    [InlineData("txt2img", """{"prompt":"x","batch_size":0}""", "batch_size")]
    [InlineData("txt2img", """{"prompt":"x","batch_size":50,"n_iter":50}""", "n_iter")]
    [InlineData("txt2img", """{"prompt":"x","width":1,"height":1}""", "width")]
    [InlineData("txt2img", """{"prompt":"x","seed":1e30}""", "seed")]
    [InlineData("txt2img", """{"prompt":"x","mask":"AAAA"}""", "mask")]
    [InlineData("txt2img", """{"prompt":"x","override_settings":{"sd_model_checkpoint":"a1111:http://127.0.0.1:9"}}""", "override_settings")]
    [InlineData("img2img", """{"prompt":"x"}""", "init_images")]
    [InlineData("img2img", """{"prompt":"x","init_images":["http://127.0.0.1:9/x.png"]}""", "init_images")]
    [InlineData("img2img", """{"prompt":"x","init_images":["/etc/passwd"]}""", "init_images")]
    [InlineData("img2img", """{"prompt":"x","init_images":[7]}""", "init_images")]
    [InlineData("options", """{"sd_model_checkpoint":"other"}""", "sd_model_checkpoint")]
    public async Task A_wrong_request_is_refused_as_FastAPI_does_and_names_the_field(string path, string body, string field)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Http.PostAsync(server.At($"/sdapi/v1/{path}"), content, TestContext.Current.CancellationToken);

        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var detail = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("detail")[0];
        detail.GetProperty("loc")[1].GetString().ShouldBe(field);
        detail.GetProperty("msg").GetString().ShouldNotBeNullOrEmpty();
    }

    private async Task<JsonElement> MakeAsync(string path, object body)
    {
        using var response = await server.Http.PostAsJsonAsync(server.At($"/sdapi/v1/{path}"), body, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private static bool SamePixels(string left, string right)
    {
        using var first = SkiaSharp.SKBitmap.Decode(Convert.FromBase64String(left));
        using var second = SkiaSharp.SKBitmap.Decode(Convert.FromBase64String(right));
        return first.Bytes.AsSpan().SequenceEqual(second.Bytes);
    }
}
