using System.Drawing;
using GenAgent.Generators;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.A1111;

/// <summary>Errors of the web UI, and answers whose images or words about them are missing, broken or of another type.</summary>
public class A1111AnswerTests
{
    // The shapes of the server's public source; sd-server's own are recorded.
    [Theory]
    [InlineData(
        404,
        "{\"error\":\"HTTPException\",\"detail\":\"Sampler not found\",\"body\":\"\",\"errors\":\"\"}",
        typeof(BackendRejectedException),
        "Sampler not found")]
    [InlineData(
        422,
        "{\"error\":\"HTTPException\",\"detail\":\"Script 'x' not found\",\"body\":\"\",\"errors\":\"\"}",
        typeof(BackendRejectedException),
        "Script 'x' not found")]
    [InlineData(
        422,
        "{\"detail\":[{\"loc\":[\"body\",\"steps\"],\"msg\":\"value is not a valid integer\",\"type\":\"type_error.integer\"}]}",
        typeof(BackendRejectedException),
        "body.steps: value is not a valid integer")]
    [InlineData(
        500,
        "{\"error\":\"OutOfMemoryError\",\"detail\":\"\",\"body\":\"\",\"errors\":\"CUDA out of memory\"}",
        typeof(BackendUnavailableException),
        "CUDA out of memory")]
    [InlineData(401, "{\"detail\":\"Incorrect username or password\"}", typeof(BackendAuthenticationException), "Incorrect username or password")]
    public async Task An_error_of_the_web_ui_is_told_in_its_own_words(int status, string body, Type type, string words)
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        });
        using var generator = A1111Tests.Generator(server);

        var exception = await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("p"));

        exception.ShouldBeOfType(type);
        exception.Message.ShouldContain(words);
        exception.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("{\"images\": [], \"info\": \"\"}", "without an image")]
    [InlineData("{\"images\": [\"@@@\"]}", "cannot be understood")]
    [InlineData("{\"images\": [\"bm8=\"]}", "no image that can be read")]
    [InlineData("{\"images\": [null]}", "cannot be understood")]
    [InlineData("{\"images\": [{\"url\": \"http://host/a.png\"}]}", "an object without image data")]
    [InlineData("{}", "without an image")]
    [InlineData("{\"images\": [], \"error\": \"the reason\"}", "the reason")]
    [InlineData("{\"error\": \"OutOfMemoryError\", \"errors\": \"CUDA out of memory\"}", "CUDA out of memory")]
    [InlineData("hello", "cannot be understood")]
    [InlineData("{\"images\": [\"bm8=\"], \"info\": \"{\"}", "no image that can be read")]
    public async Task An_answer_without_a_usable_image_is_told(string body, string reason)
    {
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(body));
        using var generator = A1111Tests.Generator(server);

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData("""{"images": ["IMAGE"], "info": "{\"all_seeds\": [\"5\"]}"}""")]
    [InlineData("""{"images": ["IMAGE"], "info": {"all_seeds": [5.0]}}""")]
    [InlineData("""{"images": "IMAGE", "info": {"all_seeds": [5], "index_of_first_image": -3}}""")]
    [InlineData("""{"images": ["IMAGE"], "info": {"all_seeds": [5], "index_of_first_image": 7}}""")]
    [InlineData("""{"images": [null, {"data": "IMAGE"}], "info": "{\"all_seeds\": [5], \"cfg_scale\": NaN}"}""")]
    [InlineData("\uFEFF{\"images\": [\"DATA:image/png;base64,IMAGE\"], \"info\": \"{\\\"all_seeds\\\": [5], \\\"said\\\": \\\"\\ud83d\\\"}\"}")]
    [InlineData("""{"images": ["BARE"], "info": {"all_seeds": [5]}}""")]
    [InlineData("""{"images": [{"image": "data:image/png;base64,IMAGE"}], "parameters": {"eta": NaN, "note": "NaN"}, "info": {"all_seeds": [5]}}""")]
    public async Task The_image_and_the_seed_that_the_server_used_are_read_however_they_are_written(string body)
    {
        var image = Convert.ToBase64String(TestImages.Png(64, 64).Data.Span);
        await using var server = await LoopbackServer.StartAsync(
            context => context.Response.WriteAsync(body.Replace("IMAGE", image, StringComparison.Ordinal)
                .Replace("BARE", image.TrimEnd('=').Replace('+', '-').Replace('/', '_'), StringComparison.Ordinal)));
        using var generator = A1111Tests.Generator(server);

        var response = await generator.GenerateImagesAsync("p", new ImageGenerationOptions { ImageSize = new Size(64, 64) });

        response.Contents.ShouldHaveSingleItem().GetSeed().ShouldBe(5);
    }

    [Theory]
    [InlineData("""{"progress": 0.5, "state": {"job_count": 1, "sampling_step": 1.5, "sampling_steps": 20.5}}""")]
    [InlineData("""{"progress": NaN, "state": {"job_count": 1, "sampling_step": 99999999999, "sampling_steps": 99999999999}}""")]
    [InlineData("""{"progress": "half", "state": null}""")]
    public async Task Progress_of_any_type_disturbs_nothing(string progress)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/sdapi/v1/progress", StringComparison.Ordinal))
            {
                await context.Response.WriteAsync(progress);
                asked.TrySetResult();
            }
            else if (context.Request.Path.Value.EndsWith("txt2img", StringComparison.Ordinal))
            {
                await asked.Task;
                await context.Response.WriteAsync($$"""{"images": ["{{Convert.ToBase64String(TestImages.Png(64, 64).Data.Span)}}"]}""");
            }
            else
            {
                context.Response.StatusCode = 404;
            }
        });
        using var generator = A1111Tests.Generator(server);

        (await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(new SeenProgress()))).Contents.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_server_without_its_API_is_told_how_to_start()
    {
        await using var server = await LoopbackServer.StartAsync(context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("""{"detail":"Not Found"}""");
        });
        using var generator = A1111Tests.Generator(server);

        (await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("--api");
    }

    [Theory]
    [InlineData("\"not JSON\"")]
    [InlineData("\"[1]\"")]
    [InlineData("{\"all_seeds\": [\"x\"], \"index_of_first_image\": \"0\"}")]
    [InlineData("\"{\\\"all_seeds\\\": [null], \\\"index_of_first_image\\\": null}\"")]
    [InlineData("7")]
    public async Task What_a_server_says_of_an_image_may_be_of_any_type(string info)
    {
        var image = Convert.ToBase64String(TestImages.Png(64, 64).Data.Span);
        await using var server = await LoopbackServer.StartAsync(context =>
            context.Response.WriteAsync($"{{\"images\": [\"data:image/png;base64,{image}\"], \"info\": {info}}}"));
        using var generator = A1111Tests.Generator(server);

        (await generator.GenerateImagesAsync("p", new ImageGenerationOptions { ImageSize = new Size(64, 64) })).Contents.ShouldHaveSingleItem();
    }
}
