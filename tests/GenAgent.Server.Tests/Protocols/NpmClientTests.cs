namespace GenAgent.Server.Tests.Protocols;

/// <summary>The official npm clients against a running server, over real sockets and pipes.</summary>
public sealed class NpmClientTests(ProtocolServer server) : IClassFixture<ProtocolServer>
{
    [Fact]
    public async Task OpenAI_s_client_lists_makes_streams_edits_chats_and_is_refused_as_by_OpenAI() =>
        (await NpmClient.RunAsync("openai-client.mjs", $"{server.At("/v1")}"))
            .ShouldContain("a response is retrieved, gone on from, and made in the background");

    [Fact]
    public async Task The_MCP_client_calls_every_tool_over_HTTP() =>
        (await NpmClient.RunAsync("mcp-client.mjs", "http", $"{server.At("/mcp")}")).ShouldContain("a cancelled call ends");
}
