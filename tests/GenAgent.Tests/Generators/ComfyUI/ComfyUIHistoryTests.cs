using System.Text.Json.Nodes;
using GenAgent.Generators;
using GenAgent.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using static GenAgent.Tests.Generators.ComfyUI.ComfyKit;

namespace GenAgent.Tests.Generators.ComfyUI;
/// <summary>What is told by the history of a server whose socket broke, or which lost an answer.</summary>
public class ComfyUIHistoryTests
{
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
}
