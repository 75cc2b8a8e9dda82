using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Generators.ComfyUI;
using GenAgent.Models;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>What surprises clients of a real ComfyUI, by the notes of those who recorded one: other clients' frames, half-good answers, lost files.</summary>
public class ComfyServerHabitsTests
{
    private const string Workflow = """{"9": {"class_type": "SaveImage", "inputs": {"text": "{{prompt}}"}}}""";

    [Fact]
    public async Task Frames_of_another_clients_job_are_neither_our_progress_nor_our_pictures_nor_our_end()
    {
        // A job that was queued without a client's name sends these to everyone. Its picture is a preview without names.
        var picture = new SocketFrame(null, [0, 0, 0, 1, 0, 0, 0, 2, .. TestImages.Png(4, 4).Data.ToArray()]);
        await using var comfy = await new FakeComfy
        {
            Frames = id =>
            [
                FakeComfy.Text("executing", id, new JsonObject { ["node"] = "9" }),
                FakeComfy.Text("progress_state", "another", new JsonObject { ["nodes"] = new JsonObject() }),
                FakeComfy.Text("progress", "another", new JsonObject { ["node"] = "9", ["value"] = 3, ["max"] = 4 }),
                picture,
                FakeComfy.Text("executing", "another", new JsonObject { ["node"] = null }),
                FakeComfy.Text("execution_success", "another"),
                FakeComfy.Text("executing", id, new JsonObject { ["node"] = "9" }),
                new(null, [0, 0, 0, 1, 0, 0, 0, 2, .. TestImages.Png(8, 8).Data.ToArray()]),
                FakeComfy.Text("execution_success", id),
            ],
        }.StartAsync();
        using var generator = Generator(comfy, """{"9": {"class_type": "SaveImageWebsocket", "inputs": {"text": "{{prompt}}"}}}""");
        var progress = new SeenProgress();

        var response = await generator.GenerateImagesAsync("p", new ImageGenerationOptions().WithProgress(progress));

        ((DataContent)response.Contents.ShouldHaveSingleItem()).Data.ToArray().ShouldBe(TestImages.Png(8, 8).Data.ToArray());
        progress.Reports.ShouldAllBe(report => report.Preview == null && report.Steps == null);
    }

    [Fact]
    public async Task A_part_of_the_workflow_that_the_server_leaves_out_is_logged_and_the_rest_painted()
    {
        var log = new FakeLogCollector();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(new FakeLoggerProvider(log)));
        await using var comfy = await new FakeComfy
        {
            Frames = Paint,
            AnswerPrompt = (context, id) => context.Response.WriteAsync(
                $$"""{"prompt_id": "{{id}}", "number": 1, "node_errors": {"7": {"class_type": "PreviewImage", "dependent_outputs": ["7"], "errors": [{"type": "required_input_missing", "message": "Required input is missing", "details": "images", "extra_info": {} } ] } } }"""),
        }.StartAsync();
        using var generator = Generator(comfy, loggers: loggers);

        (await generator.GenerateImagesAsync("p")).Contents.ShouldHaveSingleItem();

        log.GetSnapshot().Select(entry => entry.Message).ShouldContain(message => message.Contains("node 7 (PreviewImage): Required input is missing: images"));
    }

    [Theory]
    [InlineData("""{"images": [{"filename": "a.png"}]}""", 1)]
    [InlineData("""{"gifs": [{"filename": "a.gif", "subfolder": "", "type": "output", "format": "image/gif"}], "text": ["done"]}""", 1)]
    [InlineData("""{"a_images": [{"filename": "a.png", "type": "temp"}], "b_images": [{"filename": "b.WEBP", "type": "temp"}], "images": []}""", 2)]
    [InlineData("""{"images": [null, {"filename": null}, {"filename": "a.png", "subfolder": null, "type": null}], "animated": [true]}""", 1)]
    public async Task Images_are_found_in_whatever_list_a_node_tells_them(string output, int count)
    {
        await using var comfy = await new FakeComfy
        {
            Frames = id => 
            [
                FakeComfy.Text("executed", id, new JsonObject { ["node"] = "9", ["output"] = JsonNode.Parse(output) }), FakeComfy.Text("execution_success", id),
            ],
        }.StartAsync();
        using var generator = Generator(comfy);

        (await generator.GenerateImagesAsync("p")).Contents.Count.ShouldBe(count);
    }

    [Theory]
    [InlineData("""{"audio": [{"filename": "a.flac", "type": "output"}]}""")]
    [InlineData("""{"images": {"filename": "a.png"}}""")]
    [InlineData("""{"gifs": [{"filename": "a.mp4", "format": "video/h264-mp4"}]}""")]
    public async Task Sounds_and_films_are_no_images(string output)
    {
        await using var comfy = await new FakeComfy
        {
            Frames = id => 
            [
                FakeComfy.Text("executed", id, new JsonObject { ["node"] = "9", ["output"] = JsonNode.Parse(output) }), FakeComfy.Text("execution_success", id),
            ],
        }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("image");
    }

    [Fact]
    public async Task A_job_that_the_server_numbers_is_followed_in_a_history_that_is_null_while_it_runs()
    {
        var asked = 0;
        await using var comfy = await new FakeComfy
        {
            HasSocket = false,
            AnswerPrompt = (context, _) => context.Response.WriteAsync("""{"prompt_id": 17}"""),
            Route = async context =>
            {
                if (context.Request.Path == "/queue" && context.Request.Method == "GET")
                {
                    await context.Response.WriteAsync("""{"queue_running": [[1, 17, {}, {}, []]], "queue_pending": []}""");
                    return true;
                }

                if (context.Request.Path != "/history/17") return false;
                await context.Response.WriteAsync(++asked < 3 ? """{"17": null}""" : """{"17": {"outputs": {"9": {"images": [{"filename": "a.png"}]}}}}""");
                return true;
            },
        }.StartAsync();
        using var generator = Generator(comfy);

        (await generator.GenerateImagesAsync("p")).Contents.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("""{"ID": {"prompt": [1, {"9": {"is_changed": [NaN]}}], "outputs": {"9": {"images": [{"filename": "a.png"}]}}}}""", null)]
    [InlineData("\uFEFF{\"ID\": {\"outputs\": {\"9\": {\"images\": [{\"filename\": \"a.png\"}]}}}}", null)]
    [InlineData("""{"ID": {"outputs": {}, "status": {"status_str": "error", "completed": false, "messages": []}}}""", "could not run the workflow")]
    public async Task A_history_is_read_with_what_is_no_JSON_in_it_and_tells_failures_without_words(string history, string? said)
    {
        await using var comfy = await new FakeComfy
        {
            HasSocket = false,
            Route = context => ComfyKit.AnswerHistoryAsync(context, id => history.Replace("ID", id, StringComparison.Ordinal)),
        }.StartAsync();
        using var generator = Generator(comfy);

        if (said is null) (await generator.GenerateImagesAsync("p")).Contents.ShouldHaveSingleItem();
        else (await Should.ThrowAsync<BackendException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain(said);
    }

    [Fact]
    public async Task A_refusal_with_status_200_is_told()
    {
        await using var comfy = await new FakeComfy
        {
            AnswerPrompt = (context, _) => context.Response.WriteAsync("""{"error": {"message": "the queue is full"}}"""),
        }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("the queue is full");
    }

    [Fact]
    public async Task An_image_that_is_gone_from_the_server_is_told_as_such()
    {
        await using var comfy = await new FakeComfy
        {
            Frames = Paint,
            Route = context =>
            {
                context.Response.StatusCode = context.Request.Path == "/view" ? 404 : 200;
                return Task.FromResult(context.Request.Path == "/view");
            },
        }.StartAsync();
        using var generator = Generator(comfy);

        (await Should.ThrowAsync<BackendRejectedException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("/view, status 404");
    }

    [Fact]
    public async Task No_origin_is_sent_since_a_foreign_one_is_forbidden()
    {
        var origins = new ConcurrentQueue<bool>();
        await using var comfy = await new FakeComfy
        {
            Frames = Paint,
            Route = context =>
            {
                origins.Enqueue(context.Request.Headers.ContainsKey("Origin"));
                return Task.FromResult(false);
            },
        }.StartAsync();
        using var generator = Generator(comfy);

        await generator.GenerateImagesAsync("p");

        // The socket, the job, the image.
        origins.ShouldBe([false, false, false]);
    }

    private static IReadOnlyList<SocketFrame> Paint(string id) => [FakeComfy.Executed(id, "9", $"{id}.png"), FakeComfy.Text("execution_success", id)];

    private static ComfyUIImageGenerator Generator(FakeComfy comfy, string workflow = Workflow, ILoggerFactory? loggers = null) => new(
        new ComfyUIOptions { Endpoint = comfy.Server.Url, Workflow = ComfyWorkflow.Parse(workflow, "test"), Http = new() { MaxRetries = 0 } },
        loggers,
        new ScriptedTime(wait => wait <= TimeSpan.FromSeconds(1)));
}
