using System.Text.Json.Nodes;
using GenAgent.Generators.ComfyUI;
using GenAgent.Models;
using GenAgent.TestKit.Golden;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>Workflows as people export them, and what ComfyUI and its custom nodes answer.</summary>
public sealed class RealWorkflowTests
{
    [Theory]
    [InlineData(null, "big.png")]
    [InlineData("9", "draft.png")]
    [InlineData("12", "big.png")]
    public async Task Of_two_outputs_the_last_of_the_graph_is_taken_or_the_one_that_is_named(string? output, string file)
    {
        var logger = new FakeLogCollector();
        await using var comfy = await Comfy(
            id => [FakeComfy.Executed(id, "9", "draft.png"), FakeComfy.Executed(id, "12", "big.png"), FakeComfy.Text("execution_success", id)]).StartAsync();
        using var generator = Generator(comfy, Case("comfy-two-saveimages"), logger, output);

        var response = await generator.GenerateImagesAsync("p");

        ((DataContent)response.Contents.ShouldHaveSingleItem()).Data.ToArray().ShouldBe(Image(file));
        logger.GetSnapshot().Count(record => record.Category == ServerNotices.Category && record.Message.Contains("?output=NODE"))
            .ShouldBe(output is null ? 1 : 0);
    }

    [Fact]
    public async Task An_output_that_has_made_nothing_is_named()
    {
        await using var comfy = await Comfy(id => [FakeComfy.Executed(id, "12", "big.png"), FakeComfy.Text("execution_success", id)]).StartAsync();
        using var generator = Generator(comfy, Case("comfy-two-saveimages"), output: "9");

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("node 9 has made no image");
        Should.Throw<InvalidDataException>(() => Generator(comfy, Case("comfy-two-saveimages"), output: "77")).Message.ShouldContain("no node \"77\"");
    }

    [Theory]
    [InlineData("""{"filename":"a.png","type":"output"}""")]
    [InlineData("""{"filename":"a.png"}""")]
    [InlineData("""{"filename":"a.png","subfolder":null,"type":null}""")]
    [InlineData("""{"filename":"a.png","subfolder":7,"type":[]}""")]
    [InlineData("""{"filename":null},null,7,{"filename":"a.png","subfolder":""}""")]
    public async Task An_output_without_folder_or_kind_is_taken(string images)
    {
        var recorded = JsonNode.Parse(File.ReadAllText(Path.Combine(GoldenRoot.Repository, "cases", "comfy-output-without-subfolder", "executed.json")))!;
        recorded["data"]!["output"]!["images"] = JsonNode.Parse($"[{images}]");
        await using var comfy = await Comfy(id =>
        {
            recorded["data"]!["prompt_id"] = id;
            return [new SocketFrame(recorded.ToJsonString(), Binary: null), FakeComfy.Text("execution_success", id)];
        }).StartAsync();
        using var generator = Generator(comfy, Case("comfy-output-without-subfolder"));

        (await generator.GenerateImagesAsync("p")).Contents.ShouldHaveSingleItem();
    }

    [Fact]
    public void NaN_in_a_workflow_from_a_picture_is_read_past()
    {
        var workflow = ComfyWorkflow.Parse(Case("comfy-nan-in-metadata"), "w");

        workflow.Fill(new Dictionary<string, object> { ["prompt"] = "NaN it is" }).ToJsonString().ShouldContain("NaN it is");
        workflow.Fill(new Dictionary<string, object> { ["prompt"] = "p" }).ToJsonString().ShouldNotContain("is_changed");
    }

    [Fact]
    public async Task A_workflow_without_a_seed_is_warned_about()
    {
        var logger = new FakeLogCollector();
        await using var comfy = await Comfy(id => [FakeComfy.Text("execution_success", id)]).StartAsync();
        using var generator = Generator(comfy, Case("comfy-no-seed-placeholder"), logger);

        logger.GetSnapshot()
            .ShouldContain(record =>
                record.Category == ServerNotices.Category && record.Level == LogLevel.Warning
                    && record.Message.Contains("candidates of a prompt will be alike"));
    }

    [Theory]
    [InlineData(
        "{\"3\": {\"class_type\": \"KSampler\", \"inputs\": {\"seed\": {{seed}}, \"text\": \"{{prompt}}\"}}}", "placeholder {{seed}} must stand in quotes")]
    [InlineData(
        "{\"3\": {\"class_type\": \"KSampler\", \"inputs\": {\"size\": [{{width=512}}, 1], \"text\": \"{{prompt}}\"}}}",
        "placeholder {{width=512}} must stand in quotes")]
    [InlineData("{\"3\": ", "is no JSON")]
    public void A_placeholder_without_quotes_is_told_as_such(string json, string reason) =>
        Should.Throw<InvalidDataException>(() => ComfyWorkflow.Parse(json, "w")).Message.ShouldContain(reason);

    [Fact]
    public async Task A_picture_that_a_custom_node_sends_over_the_socket_is_the_result()
    {
        await using var comfy = await Comfy(id =>
        [
            FakeComfy.Text("executing", id, new JsonObject { ["node"] = "9" }),
            new(null, [0, 0, 0, 1, 0, 0, 0, 2, .. Image("socket.png")]),
            FakeComfy.Text("execution_success", id),
        ]).StartAsync();
        using var generator = Generator(comfy, """{"9": {"class_type": "ETN_SendImageWebSocket", "inputs": {"text": "{{prompt}}"}}}""");

        ((DataContent)(await generator.GenerateImagesAsync("p")).Contents.ShouldHaveSingleItem()).Data.ToArray().ShouldBe(Image("socket.png"));
    }

    [Fact]
    public async Task Pictures_without_end_over_the_socket_end_the_job_by_a_limit_that_is_named()
    {
        await using var comfy = await Comfy(id =>
        [
            FakeComfy.Text("executing", id, new JsonObject { ["node"] = "9" }),
            .. Enumerable.Repeat(new SocketFrame(null, [0, 0, 0, 1, 0, 0, 0, 2, .. Image("socket.png")]), 300),
            FakeComfy.Text("execution_success", id),
        ]).StartAsync();
        using var generator = Generator(comfy, """{"9": {"class_type": "SaveImageWebsocket", "inputs": {"text": "{{prompt}}"}}}""");

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("MaxImages");
    }

    [Fact]
    public async Task A_history_of_thousands_of_images_is_not_fetched()
    {
        await using var comfy = await Comfy(
            id => [FakeComfy.Executed(id, "9", [.. Enumerable.Range(0, 3000).Select(i => $"{i}.png")]), FakeComfy.Text("execution_success", id)]).StartAsync();
        using var generator = Generator(comfy, Case("comfy-output-without-subfolder"));

        (await Should.ThrowAsync<BackendAnswerException>(() => generator.GenerateImagesAsync("p"))).Message.ShouldContain("MaxImages");
    }

    private static string Case(string name) => File.ReadAllText(Path.Combine(GoldenRoot.Repository, "cases", name, "workflow.json"));

    private static byte[] Image(string file) => TestImages.Png(file.Length, 4).Data.ToArray();

    private static FakeComfy Comfy(Func<string, IReadOnlyList<SocketFrame>> frames) => new()
    {
        Frames = frames,
        Route = async context =>
        {
            if (context.Request.Path.Value is not "/view")
            {
                return false;
            }

            context.Response.ContentType = "image/png";
            await context.Response.Body.WriteAsync(Image(context.Request.Query["filename"].ToString()));
            return true;
        },
    };

    private static ComfyUIImageGenerator Generator(FakeComfy comfy, string workflow, FakeLogCollector? logger = null, string? output = null) => new(
        new ComfyUIOptions { Endpoint = comfy.Server.Url, Workflow = ComfyWorkflow.Parse(workflow, "w"), Output = output, Http = new() { MaxRetries = 0 } },
        logger is null ? null : LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(logger))));
}
