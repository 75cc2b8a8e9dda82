using System.Text.Json;
using GenAgent.Server.Tests.Protocols;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace GenAgent.Server.Tests.Mcp;

/// <summary>MCP over HTTP, by the .NET client; the npm client does the same where it is installed.</summary>
public sealed class McpTests(ProtocolServer server) : IClassFixture<ProtocolServer>
{
    private const string Prompt = "two red circles";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Of the newest revision, which needs no session; the npm client speaks the one before it. A client whose first question is answered late would fall back.
    private Task<McpClient> ConnectAsync() => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions { Endpoint = server.At("/mcp") }),
        new McpClientOptions { ProtocolVersion = "2026-07-28", DiscoverProbeTimeout = TimeSpan.FromSeconds(60) }, cancellationToken: Cancellation);

    [Fact]
    public async Task Every_tool_has_a_schema_of_what_it_takes_and_of_what_it_gives()
    {
        await using var client = await ConnectAsync();

        var tools = await client.ListToolsAsync(cancellationToken: Cancellation);

        tools.Select(tool => tool.Name).Order(StringComparer.Ordinal)
            .ShouldBe(["edit_image", "generate_image", "judge_image", "list_trajectories", "read_trajectory"]);
        tools.ShouldAllBe(tool => tool.ReturnJsonSchema != null && tool.Description.Length > 20);
    }

    [Fact]
    public async Task An_image_is_made_edited_judged_and_found_again_by_its_trajectory()
    {
        await using var client = await ConnectAsync();

        var made = await CallAsync(client, "generate_image", new() { ["prompt"] = Prompt, ["seed"] = 7 });
        made.Content.OfType<ImageContentBlock>().ShouldHaveSingleItem().MimeType.ShouldBe("image/png");
        var image = made.StructuredContent!.Value.GetProperty("images")[0];
        image.GetProperty("passed").GetBoolean().ShouldBeTrue();
        var id = image.GetProperty("image").GetString();

        (await CallAsync(client, "edit_image", new() { ["prompt"] = "one blue square", ["image"] = id })).Content.OfType<ImageContentBlock>()
            .ShouldHaveSingleItem();
        (await CallAsync(client, "judge_image", new() { ["prompt"] = Prompt, ["image"] = id })).StructuredContent!.Value.GetProperty("passed").GetBoolean()
            .ShouldBeTrue();
        (await CallAsync(client, "judge_image", new() { ["prompt"] = "five green stars", ["image"] = id })).StructuredContent!.Value.GetProperty("passed")
            .GetBoolean().ShouldBeFalse();

        var trajectory = image.GetProperty("trajectory").GetString();
        (await CallAsync(client, "list_trajectories", [])).StructuredContent!.Value.GetProperty("items")
            .EnumerateArray()
            .Select(item => item.GetProperty("id").GetString())
            .ShouldContain(trajectory);
        var read = await CallAsync(client, "read_trajectory", new() { ["id"] = trajectory });
        read.StructuredContent!.Value.GetProperty("prompt").GetString().ShouldBe(Prompt);
        read.Content.OfType<ImageContentBlock>().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Progress_is_told_to_those_who_gave_a_token_and_to_no_others()
    {
        await using var client = await ConnectAsync();
        var told = new Watcher();

        await client.CallToolAsync("generate_image", new Dictionary<string, object?> { ["prompt"] = Prompt }, cancellationToken: Cancellation);

        // A client that reads the result before the last it was told of drops that: one call may be too short.
        for (var call = 0; call < 20 && !told.First.Task.IsCompleted; call++)
        {
            await client.CallToolAsync(
                "generate_image", new Dictionary<string, object?> { ["prompt"] = Prompt, ["count"] = 4 }, told, cancellationToken: Cancellation);
        }

        told.First.Task.IsCompleted.ShouldBeTrue();
        (await told.First.Task).ShouldBeInRange(0, 1);
    }

    [Fact]
    public async Task A_cancelled_call_cancels_its_job()
    {
        await using var client = await ConnectAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var call = client.CallToolAsync(
            "generate_image", new Dictionary<string, object?> { ["prompt"] = Prompt, ["count"] = 10 }, cancellationToken: stop.Token).AsTask();
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await server.UntilIdleAsync(Cancellation);
    }

    private static async Task<CallToolResult> CallAsync(McpClient client, string tool, Dictionary<string, object?> arguments)
    {
        var result = await client.CallToolAsync(tool, arguments, cancellationToken: Cancellation);
        (result.IsError ?? false).ShouldBeFalse(JsonSerializer.Serialize(result.Content.OfType<TextContentBlock>().Select(text => text.Text)));
        return result;
    }

    /// <summary>Notes the first thing that it is told.</summary>
    private sealed class Watcher : IProgress<ProgressNotificationValue>
    {
        public TaskCompletionSource<float> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Report(ProgressNotificationValue value) => First.TrySetResult(value.Progress);
    }
}
