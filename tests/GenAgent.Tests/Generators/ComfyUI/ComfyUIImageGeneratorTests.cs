using System.Drawing;
using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Generators.ComfyUI;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Generators.ComfyUI;

public class ComfyUIImageGeneratorTests
{
    private const string Workflow = """
        {
          "1": {"class_type": "LoadText", "inputs": {"text": "{{prompt}}, not {{negative_prompt}}", "seed": "{{seed}}", "steps": "{{steps=7}}"}},
          "2": {"class_type": "Latent", "inputs": {"width": "{{width=64}}", "height": "{{height=64}}", "batch": "{{batch=1}}", "guidance": "{{guidance=3.5}}"}},
          "9": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}}
        }
        """;

    [Fact]
    public async Task Each_image_of_a_request_is_a_job_with_its_own_seed_so_that_it_can_be_made_again_alone()
    {
        await using var comfy = await new FakeComfy { Frames = Paint }.StartAsync();
        using var generator = Generator(comfy);
        var options = new ImageGenerationOptions { Count = 3, ImageSize = new Size(96, 48) }
            .WithSeed(41)
            .With(ImageOptionsExtensions.StepsKey, 4)
            .With(ImageOptionsExtensions.GuidanceScaleKey, 2.25)
            .With(ImageOptionsExtensions.NegativePromptKey, "dog");

        var response = await generator.GenerateAsync(new ImageGenerationRequest("a \"cat\""), options);

        response.Contents.Select(image => image.GetSeed()).ShouldBe([41, 42, 43]);
        var sent = comfy.Seen("POST", "/prompt").Select(post => JsonNode.Parse(post.Text)!["prompt"]!).ToArray();
        sent.Select(job => job["1"]!["inputs"]!["seed"]!.GetValue<long>()).ShouldBe([41, 42, 43]);
        JsonNode.DeepEquals(sent[0]["1"]!["inputs"], JsonNode.Parse("""{"text": "a \"cat\", not dog", "seed": 41, "steps": 4}""")).ShouldBeTrue();
        JsonNode.DeepEquals(sent[0]["2"]!["inputs"], JsonNode.Parse("""{"width": 96, "height": 48, "batch": 1, "guidance": 2.25}""")).ShouldBeTrue();
        comfy.Sent.ShouldContain("""{"type":"feature_flags","data":{"supports_preview_metadata":true}}""");
    }

    [Fact]
    public async Task A_mask_is_refused_before_anything_is_sent()
    {
        await using var comfy = await new FakeComfy { Frames = Paint }.StartAsync();
        using var generator = Generator(comfy);
        var options = new ImageGenerationOptions().With(ImageOptionsExtensions.MaskKey, new DataContent(new byte[] { 1 }, "image/png"));

        var refused = await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateImagesAsync("p", options));

        refused.Message.ShouldContain("takes no mask");
        comfy.Seen("POST", "/prompt").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_batch_on_the_server_is_one_job_when_that_is_wanted()
    {
        await using var comfy = await new FakeComfy
        {
            Frames = id => [FakeComfy.Executed(id, "9", "a.png", "b.png"), FakeComfy.Text("execution_success", id)]
        }.StartAsync();
        using var generator = new ComfyUIImageGenerator(Options(comfy) with { BatchOnServer = true });

        var response = await generator.GenerateImagesAsync("p", new ImageGenerationOptions { Count = 2 });

        response.Contents.Count.ShouldBe(2);
        JsonNode.Parse(comfy.Seen("POST", "/prompt").ShouldHaveSingleItem().Text)!["prompt"]!["2"]!["inputs"]!["batch"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task Two_requests_without_a_seed_give_two_images_and_tell_their_seeds()
    {
        await using var comfy = await new FakeComfy { Frames = Paint }.StartAsync();
        using var generator = Generator(comfy);

        var first = (await generator.GenerateImagesAsync("p")).Contents.Single().GetSeed();
        var second = (await generator.GenerateImagesAsync("p")).Contents.Single().GetSeed();

        first.ShouldNotBeNull();
        second.ShouldNotBeNull().ShouldNotBe(first.Value);
    }

    [Fact]
    public async Task An_input_image_is_uploaded_and_loaded_by_the_name_that_the_server_gave()
    {
        var image = TestImages.Png(20, 10);
        await using var comfy = await new FakeComfy
        {
            Frames = Paint,
            Route = async context =>
            {
                if (context.Request.Path != "/upload/image")
                {
                    return false;
                }

                await context.Response.WriteAsync("""{"name": "in (1).png", "subfolder": "sub/dir", "type": "input"}""");
                return true;
            },
        }.StartAsync();
        using var generator = Generator(comfy, """{"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}", "text": "{{prompt}}"}}}""");

        await generator.EditImageAsync(image, "p");

        var upload = comfy.Seen("POST", "/upload/image").ShouldHaveSingleItem();
        upload.Text.ShouldContain("name=\"image\"; filename=\"genagent-");
        upload.Body.AsSpan().IndexOf(image.Data.Span).ShouldBeGreaterThan(0);
        comfy.Seen("POST", "/prompt").Single().Text.ShouldContain("sub/dir/in (1).png");
    }

    [Theory]
    [InlineData(true, "takes 0 input images, but 1 are given")]
    [InlineData(false, "Input image 1")]
    public async Task Input_images_that_the_workflow_cannot_take_are_refused_here(bool good, string reason)
    {
        await using var comfy = await new FakeComfy().StartAsync();
        var workflow = good ? Workflow : """{"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}", "text": "{{prompt}}"}}}""";
        using var generator = Generator(comfy, workflow);

        var exception = await Should.ThrowAsync<Exception>(
            () => generator.EditImageAsync(new DataContent(good ? TestImages.Png().Data : "no"u8.ToArray(), "image/png"), "p"));

        exception.Message.ShouldContain(reason);
        comfy.Server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("torch.OutOfMemoryError", true)]
    [InlineData("ValueError", false)]
    public async Task A_node_that_fails_is_named_with_its_words(string type, bool passing)
    {
        await using var comfy = await new FakeComfy
        {
            Frames = id => [FakeComfy.Text("execution_error", id, new JsonObject
            {
                ["node_id"] = "3", ["node_type"] = "KSampler", ["exception_message"] = "no such thing\n", ["exception_type"] = type,
                ["traceback"] = new JsonArray("..."),
            })],
        }.StartAsync();
        using var generator = Generator(comfy);

        var exception = await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("p", new ImageGenerationOptions { Count = 2 }));

        exception.Message.ShouldContain($"node 3 (KSampler): {type}: no such thing");
        (exception is BackendUnavailableException).ShouldBe(passing);
        comfy.Seen("POST", "/queue").ShouldHaveSingleItem("the second job must not go on").Text.ShouldContain("delete");
    }

    [Fact]
    public async Task A_job_that_somebody_else_interrupts_is_told_as_such()
    {
        await using var comfy = await new FakeComfy { Frames = id => [FakeComfy.Text("execution_interrupted", id)] }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendUnavailableException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("interrupted");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_takes_the_job_off_the_server_and_leaves_others_jobs_alone(bool running)
    {
        using var stop = new CancellationTokenSource();
        string? job = null;
        await using var comfy = await new FakeComfy
        {
            Frames = id =>
            {
                job = id;
                stop.Cancel();
                return [];
            },
            Route = async context =>
            {
                if (context.Request.Path != "/queue" || context.Request.Method != "GET")
                {
                    return false;
                }

                await context.Response.WriteAsync($$"""{"queue_running": [[0, "{{(running ? job : "another")}}", {}]], "queue_pending": []}""");
                return true;
            },
        }.StartAsync();
        using var generator = Generator(comfy);

        await Should.ThrowAsync<OperationCanceledException>(() => generator.GenerateImagesAsync("p", options: null, stop.Token));

        comfy.Seen("POST", "/queue").Single().Text.ShouldBe($$"""{"delete":["{{job}}"]}""");
        comfy.Seen("POST", "/interrupt").Select(call => call.Text).ShouldBe(running ? [$$"""{"prompt_id":"{{job}}"}"""] : []);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_socket_breaks_the_history_gives_the_images(bool hadSocket)
    {
        var asked = 0;
        await using var comfy = await new FakeComfy
        {
            HasSocket = hadSocket,
            Frames = id => [FakeComfy.Text("execution_start", id)],
            ClosesAfterFrames = true,
            Route = context => AnswerHistoryAsync(
                context,
                id =>
                    ++asked < 3
                        ? "{}"
                        : Entry(
                            id,
                            """{"outputs": {"9": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}}, "status": {"status_str": "success", "completed": true, "messages": []}}"""),
                runs: true),
        }.StartAsync();
        using var generator = Generator(comfy);

        var response = await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithSeed(5));

        response.Contents.Single().GetSeed().ShouldBe(5);
        asked.ShouldBe(3);
    }

    [Fact]
    public async Task A_job_that_failed_while_the_socket_was_broken_is_told_from_the_history()
    {
        await using var comfy = await new FakeComfy
        {
            HasSocket = false,
            Route = context => AnswerHistoryAsync(
                context,
                id => Entry(
                    id,
                    """{"outputs": {}, "status": {"status_str": "error", "completed": false, "messages": [["execution_start", {}], ["execution_error", {"node_id": "3", "node_type": "KSampler", "exception_message": "broken", "exception_type": "ValueError"}]]}}""")),
        }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain(
            "node 3 (KSampler): ValueError: broken");
    }

    [Fact]
    public async Task A_server_that_forgot_the_job_is_not_waited_for_for_ever()
    {
        await using var comfy = await new FakeComfy { HasSocket = false }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendUnavailableException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("no longer knows the job");
    }

    [Fact]
    public async Task A_job_whose_answer_was_lost_is_found_again_and_not_queued_twice()
    {
        var queued = string.Empty;
        await using var comfy = await new FakeComfy
        {
            Frames = Paint,
            AnswerPrompt = (context, id) =>
            {
                queued = id;
                context.Abort();
                return Task.CompletedTask;
            },
            Route = async context =>
            {
                if (context.Request.Path != "/queue" || context.Request.Method != "GET")
                {
                    return false;
                }

                // Queued under the name that the client had chosen.
                await context.Response.WriteAsync($$"""{"queue_running": [], "queue_pending": [[1, "{{queued}}", {}]]}""");
                return true;
            },
            FramesFirst = true,
        }.StartAsync();
        using var generator = Generator(comfy, retries: 3);

        var response = await generator.GenerateImagesAsync("p");

        response.Contents.Count.ShouldBe(1);
        comfy.Seen("POST", "/prompt").Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_run_that_was_wholly_cached_and_told_no_outputs_is_looked_up()
    {
        await using var comfy = await new FakeComfy
        {
            Frames = id =>
                [
                    FakeComfy.Text("execution_cached", id, new JsonObject { ["nodes"] = new JsonArray("1", "2", "9") }),
                    FakeComfy.Text("executing", id, new JsonObject { ["node"] = null })
                ],
            Route = context => AnswerHistoryAsync(
                context, id => Entry(id, """{"outputs": {"9": {"images": [{"filename": "old.png", "subfolder": "s", "type": "output"}]}}}""")),
        }.StartAsync();
        using var generator = Generator(comfy);

        await generator.GenerateImagesAsync("p");

        comfy.Seen("GET", "/view").Single().Path.ShouldBe("/view?filename=old.png&subfolder=s&type=output");
    }

    [Fact]
    public async Task A_workflow_that_makes_no_image_is_told()
    {
        await using var comfy = await new FakeComfy().StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("SaveImage");
    }

    [Fact]
    public async Task A_job_that_takes_longer_than_allowed_is_taken_off_the_server()
    {
        await using var comfy = await new FakeComfy { Frames = _ => [] }.StartAsync();
        var total = TimeSpan.FromMinutes(17);
        var time = new ScriptedTime(wait => wait == total);
        using var generator = new ComfyUIImageGenerator(
            Options(comfy) with { Http = new BackendHttpOptions { TotalTimeout = total, AttemptTimeout = TimeSpan.FromMinutes(1), MaxRetries = 0 } },
            timeProvider: time);

        var exception = await Should.ThrowAsync<BackendUnavailableException>(() => generator.GenerateImagesAsync("p"));

        exception.Message.ShouldContain("1020 s");
    }

    [Fact]
    public async Task A_server_that_is_not_running_is_named_without_waiting_long()
    {
        Uri gone;
        await using (var comfy = await new FakeComfy().StartAsync())
        {
            gone = comfy.Server.Url;
        }

        using var generator = new ComfyUIImageGenerator(
            new ComfyUIOptions { Endpoint = gone, Http = new() { MaxRetries = 1 } }, timeProvider: new ScriptedTime(wait => wait < TimeSpan.FromSeconds(9)));

        (await Should.ThrowAsync<BackendUnavailableException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("Is the server running?");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    public async Task An_answer_that_is_not_ComfyUIs_is_told(string answer)
    {
        await using var comfy = await new FakeComfy { AnswerPrompt = (context, _) => context.Response.WriteAsync(answer) }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("Is it ComfyUI");
    }

    [Fact]
    public async Task Frames_of_other_kinds_and_broken_ones_disturb_nothing()
    {
        await using var comfy = await new FakeComfy
        {
            Frames = id =>
            [
                new("{\"type\":", null), new("[]", null), new("{\"type\":\"status\",\"data\":{\"status\":{}}}", null),
                new("{\"type\":\"progress\",\"data\":{\"prompt_id\":\"x\"}}", null),
                new(null, [1, 2]), new(null, [0, 0, 0, 9, 0, 0, 0, 0, 1]), new(null, [0, 0, 0, 4, 0, 0, 0, 200, 1]),
                new(null, [0, 0, 0, 4, 0, 0, 0, 1, (byte)'{']),
                .. Paint(id),
            ],
        }.StartAsync();
        using var generator = Generator(comfy);

        (await generator.GenerateImagesAsync("p")).Contents.Count.ShouldBe(1);
    }

    [Fact]
    public void Who_paints_is_told()
    {
        using var generator = new ComfyUIImageGenerator(new ComfyUIOptions { ApiKey = "secret" });

        var metadata = generator.GetService<ImageGeneratorMetadata>().ShouldNotBeNull();
        (metadata.ProviderName, metadata.DefaultModelId).ShouldBe(("comfyui", "flux1-dev"));
        generator.GetService<ComfyUIImageGenerator>().ShouldBeSameAs(generator);
        generator.GetService(typeof(string)).ShouldBeNull();
        new ComfyUIOptions { ApiKey = "secret" }.ToString().ShouldNotContain("secret");
    }

    private static IReadOnlyList<SocketFrame> Paint(string id) => [FakeComfy.Executed(id, "9", $"{id}.png"), FakeComfy.Text("execution_success", id)];

    private static string Entry(string id, string entry) => new JsonObject { [id] = JsonNode.Parse(entry) }.ToJsonString();

    private static async Task<bool> AnswerHistoryAsync(HttpContext context, Func<string, string> answer, bool runs = false)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/history/", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync(answer(path["/history/".Length..]));
            return true;
        }

        if (path == "/queue" && context.Request.Method == "GET" && runs)
        {
            await context.Response.WriteAsync("""{"queue_running": [[1, "x", {}]], "queue_pending": [["odd"], 5]}""");
            return true;
        }

        return false;
    }

    private static ComfyUIImageGenerator Generator(FakeComfy comfy, string workflow = Workflow, int retries = 0) =>
        new(Options(comfy, workflow, retries), timeProvider: new ScriptedTime(wait => wait <= TimeSpan.FromSeconds(1)));

    private static ComfyUIOptions Options(FakeComfy comfy, string workflow = Workflow, int retries = 0) => new()
    {
        Endpoint = comfy.Server.Url,
        Workflow = ComfyWorkflow.Parse(workflow, "test"),
        Http = new BackendHttpOptions { MaxRetries = retries, RetryDelay = TimeSpan.FromMilliseconds(10) },
    };
}
