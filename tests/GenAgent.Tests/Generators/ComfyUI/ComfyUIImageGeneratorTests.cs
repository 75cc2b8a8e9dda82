using System.Drawing;
using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Generators.ComfyUI;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using static GenAgent.Tests.Generators.ComfyUI.ComfyKit;

namespace GenAgent.Tests.Generators.ComfyUI;

public class ComfyUIImageGeneratorTests
{
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
}
