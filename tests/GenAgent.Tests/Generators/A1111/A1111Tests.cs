using System.Drawing;
using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Generators.A1111;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.A1111;

/// <summary>A1111's API: sd-server's recorded answers, the requests of A1111's own Python client, and what is not recorded from a fake.</summary>
public class A1111Tests
{
    private static readonly Lazy<IReadOnlyDictionary<string, Exchange>> Recorded = new(() => Recording.Exchanges("sd_server")
        .Concat(Recording.Named("a1111_client_requests.jsonl", "a1111 client"))
        .Where(exchange => exchange.Method == "POST" && exchange.Path is "/sdapi/v1/txt2img" or "/sdapi/v1/img2img")
        .ToDictionary(exchange => exchange.Name, StringComparer.Ordinal));

    public static TheoryData<string> Answers()
    {
        (Recorded.Value.Count > 15 || !Recording.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        return [.. Recorded.Value.Keys.DefaultIfEmpty(string.Empty)];
    }

    public static TheoryData<string> WellFormed()
    {
        var names = Recorded.Value.Values.Where(exchange =>
            exchange.Status == 200 && exchange.Path.EndsWith("img2img", StringComparison.Ordinal) == (exchange.RequestJson()!["init_images"] is not null)
                && Say(exchange.RequestJson()!) is not null).Select(
            exchange => exchange.Name).ToArray();
        (names.Length > 5 || !Recording.IsDefault).ShouldBeTrue("Hardly any recorded request could be said again.");
        return [.. names.DefaultIfEmpty(string.Empty)];
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Every_answer_gives_its_images_with_their_real_seeds_or_the_error_that_it_is(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        await using var server = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var generator = Generator(server);

        if (exchange.Status != 200)
        {
            var exception = await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateImagesAsync("p"));
            var body = JsonNode.Parse(exchange.Body)!;
            exception.Message.ShouldContain((body["message"] ?? body["error"])!.GetValue<string>());
            server.Requests.Count.ShouldBe(1, "a mistake of the caller's is not sent again");
            return;
        }

        var response = await generator.GenerateImagesAsync("p");

        var answer = JsonNode.Parse(exchange.Body)!;
        var images = answer["images"]!.AsArray().Select(image => Convert.FromBase64String(image!.GetValue<string>())).ToArray();
        response.Contents.Cast<DataContent>().Select(image => Convert.ToHexString(image.Data.Span)).ShouldBe(images.Select(Convert.ToHexString));
        var info = answer["info"]!.GetValue<string>();
        var seeds = info.Length > 0
            ? JsonNode.Parse(info)!["all_seeds"]!.AsArray().Select(seed => (long?)seed!.GetValue<long>())
            : images.Select(image => PngText.Seed(image));
        response.Contents.Select(image => image.GetSeed()).ShouldBe(seeds);
        response.Contents.ShouldAllBe(image => image.GetSeed() >= 0);
    }

    [Theory]
    [MemberData(nameof(WellFormed))]
    public async Task A_request_says_what_the_recorded_one_said(string name)
    {
        if (!Recorded.Value.TryGetValue(name, out var exchange))
        {
            return;
        }

        var recorded = exchange.RequestJson()!;
        var (request, options, server) = Say(recorded)!.Value;
        await using var listening = await LoopbackServer.StartAsync(exchange.AnswerAsync);
        using var generator = new A1111ImageGenerator(server with { Endpoint = listening.Url, Http = new() { MaxRetries = 0 } });

        await generator.GenerateAsync(request, options);

        var seen = listening.Requests.ShouldHaveSingleItem();
        seen.Path.ShouldBe(exchange.Path);
        var sent = JsonNode.Parse(seen.Text)!.AsObject();
        foreach (var (field, value) in sent)
        {
            if (recorded.TryGetPropertyValue(field, out var said))
            {
                Normal(value).ShouldBe(Normal(said), field);
            }
        }

        string[] told = ["prompt", "negative_prompt", "seed", "batch_size", "steps", "cfg_scale", "width", "height", "sampler_name", "scheduler", "init_images",
            "mask", "denoising_strength"];
        foreach (var field in told.Where(field => recorded[field] is not null && (recorded["init_images"] is not null || field != "denoising_strength")))
        {
            sent.ContainsKey(field).ShouldBeTrue(field);
        }
    }

    [Fact]
    public async Task The_overview_of_a_batch_is_no_image_of_it()
    {
        var (grid, first, second) = (Base64(16, 8), Base64(8, 8), Base64(9, 8));
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(new JsonObject
        {
            ["images"] = new JsonArray(grid, first, second),
            ["info"] = """{"seed": 7, "all_seeds": [7, 8], "index_of_first_image": 1}""",
        }.ToJsonString()));
        using var generator = Generator(server);

        var response = await generator.GenerateImagesAsync("p", new ImageGenerationOptions { Count = 2 }.WithSeed(7));

        response.Contents.Cast<DataContent>().Select(image => Convert.ToBase64String(image.Data.Span)).ShouldBe([first, second]);
        response.Contents.Select(image => image.GetSeed()).ShouldBe([7, 8]);
        JsonNode.Parse(server.Requests.Single().Text)!["batch_size"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_random_seed_is_asked_for_and_the_real_one_told()
    {
        await using var server = await LoopbackServer.StartAsync(context => context.Response.WriteAsync(
            new JsonObject { ["images"] = new JsonArray($"data:image/png;base64,{Base64(8, 8)}"), ["info"] = """{"all_seeds": [123]}""" }.ToJsonString()));
        using var generator = Generator(server);

        var response = await generator.GenerateImagesAsync("p");

        JsonNode.Parse(server.Requests.Single().Text)!["seed"]!.GetValue<long>().ShouldBe(-1);
        response.Contents.Single().GetSeed().ShouldBe(123);
    }

    [Fact]
    public async Task Progress_and_previews_are_told_while_the_job_runs_and_never_go_back()
    {
        var polled = 0;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.StartsWith("/internal", StringComparison.Ordinal))
            {
                context.Response.StatusCode = 404;
                return;
            }

            if (context.Request.Path.Value.EndsWith("progress", StringComparison.Ordinal))
            {
                var step = ++polled;
                await context.Response.WriteAsync(new JsonObject
                {
                    ["progress"] = step == 3 ? 0 : step * 0.2,
                    ["state"] = new JsonObject { ["sampling_step"] = step, ["sampling_steps"] = 10 },
                    ["current_image"] = step == 2 ? Base64(4, 4) : null,
                }.ToJsonString());
                if (step == 4)
                {
                    enough.TrySetResult();
                }

                return;
            }

            await Until.EndsAsync(enough.Task, "the client has asked for the progress four times");
            await context.Response.WriteAsync(new JsonObject { ["images"] = new JsonArray(Base64(8, 8)), ["info"] = string.Empty }.ToJsonString());
        });
        var progress = new SeenProgress();
        using var generator = Generator(server);

        await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(progress));

        progress.Reports.Take(3).Select(report => (report.Fraction, report.Step, report.Steps, report.Preview is not null, report.Stage))
            .ShouldBe([(0.2, 1, 10, false, "sampling"), (0.4, 2, 10, true, "sampling"), (0.4, 3, 10, false, "sampling")]);
    }

    [Fact]
    public async Task A_server_without_progress_paints_all_the_same()
    {
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                context.Response.StatusCode = 404;
                return;
            }

            await context.Response.WriteAsync(new JsonObject { ["images"] = new JsonArray(Base64(8, 8)), ["info"] = string.Empty }.ToJsonString());
        });
        using var generator = Generator(server);

        var response = await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(new SeenProgress()).WithSeed(9));

        response.Contents.Single().GetSeed().ShouldBe(9);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_while_it_waits_interrupts_no_other_and_hears_no_others_progress()
    {
        using var stop = new CancellationTokenSource();
        var (begun, finish) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var server = await LoopbackServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.EndsWith("progress", StringComparison.Ordinal))
            {
                await context.Response.WriteAsync("{\"progress\": 0.5, \"state\": {\"sampling_step\": 1, \"sampling_steps\": 2}}");
                return;
            }

            begun.TrySetResult();
            await Until.EndsAsync(finish.Task, "the other request is cancelled");
            await context.Response.WriteAsync(new JsonObject { ["images"] = new JsonArray(Base64(8, 8)), ["info"] = string.Empty }.ToJsonString());
        });
        using var generator = Generator(server);
        var progress = new SeenProgress();
        var running = generator.GenerateImagesAsync("first");
        await Until.EndsAsync(begun.Task, "the first request has arrived");

        var waiting = generator.GenerateImagesAsync("second", new ImageGenerationOptions().WithProgress(progress), stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        finish.SetResult();

        (await running).Contents.ShouldHaveSingleItem();
        server.Requests.Select(seen => seen.Path).ShouldBe(["/sdapi/v1/txt2img"]);
        progress.Reports.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_size_that_the_server_would_round_without_a_word_is_refused_here()
    {
        await using var server = await LoopbackServer.StartAsync(_ => Task.CompletedTask);
        using var generator = Generator(server);

        var exception = await Should.ThrowAsync<ArgumentException>(
            () => generator.GenerateImagesAsync("p", new ImageGenerationOptions { ImageSize = new Size(70, 64) }));

        exception.Message.ShouldContain("70 x 64");
        exception.Message.ShouldContain("multiples of 8");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_broken_input_image_or_mask_is_refused_here_since_sd_server_paints_on_without_a_word()
    {
        await using var server = await LoopbackServer.StartAsync(_ => Task.CompletedTask);
        using var generator = Generator(server);
        var broken = new DataContent("nonsense"u8.ToArray(), "image/png");

        (await Should.ThrowAsync<InvalidDataException>(() => generator.EditImageAsync(broken, "p"))).Message.ShouldContain("Input image 1");
        (await Should.ThrowAsync<InvalidDataException>(
            () => generator.EditImageAsync(TestImages.Png(), "p", new ImageGenerationOptions().With("mask", broken)))).Message.ShouldContain(
            "The mask");
        await Should.ThrowAsync<ArgumentException>(() => generator.EditImagesAsync([new UriContent("http://host/a.png", "image/png")], "p"));
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Password_checkpoint_and_distilled_guidance_reach_the_server()
    {
        await using var server = await LoopbackServer.StartAsync(
            context => context.Response.WriteAsync(new JsonObject { ["images"] = new JsonArray(Base64(8, 8)) }.ToJsonString()));
        var options = new A1111Options { Endpoint = server.At("/below/"), Credentials = "me:hunter2", DistilledGuidance = true };
        using var generator = new A1111ImageGenerator(options);

        await generator.GenerateImagesAsync("p", new ImageGenerationOptions { ModelId = "flux1-dev" }.With(ImageOptionsExtensions.GuidanceScaleKey, 3.5));

        var seen = server.Requests.Single();
        seen.Path.ShouldBe("/below/sdapi/v1/txt2img");
        seen.Headers["Authorization"].ShouldBe("Basic bWU6aHVudGVyMg==");
        var sent = JsonNode.Parse(seen.Text)!;
        sent["override_settings"]!["sd_model_checkpoint"]!.GetValue<string>().ShouldBe("flux1-dev");
        (sent["cfg_scale"]!.GetValue<double>(), sent["distilled_cfg_scale"]!.GetValue<double>()).ShouldBe((1, 3.5));
        options.ToString().ShouldNotContain("hunter2");
        generator.GetService<ImageGeneratorMetadata>()!.ProviderName.ShouldBe("a1111");
        generator.GetService<A1111ImageGenerator>().ShouldBeSameAs(generator);
    }

    // A recorded request in our words; null where it asks for what no abstraction has (a second pass, more rounds), or is wrong on purpose.
    private static (ImageGenerationRequest Request, ImageGenerationOptions Options, A1111Options Server)? Say(JsonObject body)
    {
        if (body["enable_hr"]?.GetValue<bool>() == true || body["prompt"] is null || body["n_iter"]?.GetValue<int>() is > 1)
        {
            return null;
        }

        var images = body["init_images"]?.AsArray().Select(image => image!.GetValue<string>()).ToArray() ?? [];
        if (images.Any(image => !image.Contains("iVBOR", StringComparison.Ordinal)))
        {
            return null;
        }

        var options = new ImageGenerationOptions
        {
            Count = body["batch_size"]?.GetValue<int>(),
            ImageSize = body["width"] is null ? null : new Size(body["width"]!.GetValue<int>(), body["height"]!.GetValue<int>()),
            AdditionalProperties = new()
            {
                ["steps"] = body["steps"]?.GetValue<int>(),
                ["guidance_scale"] = body["cfg_scale"]?.GetValue<double>(),
                ["negative_prompt"] = body["negative_prompt"]?.GetValue<string>(),
                ["strength"] = body["denoising_strength"]?.GetValue<double>(),
                ["mask"] = body["mask"] is { } mask ? Image(mask.GetValue<string>()) : null,
            },
        };
        if (body["seed"]?.GetValue<long>() is { } seed and >= 0)
        {
            options.WithSeed(seed);
        }

        return (new(body["prompt"]!.GetValue<string>(), images.Select(Image)), options,
            new A1111Options { Sampler = body["sampler_name"]?.GetValue<string>(), Scheduler = body["scheduler"]?.GetValue<string>() });
    }

    private static DataContent Image(string text) => new(Convert.FromBase64String(text[(text.IndexOf(',') + 1)..]), "image/png");

    private static string Normal(JsonNode? node) => node switch
    {
        null => "null",
        JsonValue value when value.TryGetValue<double>(out var number) => number.ToString("R"),
        _ => node.ToJsonString().Replace("data:image/png;base64,", string.Empty),
    };

    private static string Base64(int width, int height) => Convert.ToBase64String(TestImages.Png(width, height).Data.Span);

    internal static A1111ImageGenerator Generator(LoopbackServer server) => new(
        new A1111Options { Endpoint = server.Url, Http = new() { MaxRetries = 2, RetryDelay = TimeSpan.FromMilliseconds(10) } },
        timeProvider: new ScriptedTime(wait => wait < TimeSpan.FromSeconds(1)));
}
