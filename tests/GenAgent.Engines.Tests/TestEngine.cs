using GenAgent.EngineStubs;
using GenAgent.Models.Http;
using GenAgent.Torch.Generation;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using SkiaSharp;

namespace GenAgent.Engines.Tests;

/// <summary>Stubs of an engine that serve the embedded agent, and a client of them.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private TestEngine(IReadOnlyList<StubServer> servers, EngineChatClient client) => (Servers, Client) = (servers, client);

    public static string Folder { get; } = Path.Combine(RepoFolder.Root, "models", "micro-agent");

    public IReadOnlyList<StubServer> Servers { get; }

    public StubServer Server => Servers[0];

    public EngineChatClient Client { get; }

    public static async Task<TestEngine> StartAsync(
        StubEngine engine, Func<StubOptions, StubOptions>? stub = null, Func<EngineOptions, EngineOptions>? client = null, int replicas = 1,
        TimeProvider? time = null)
    {
        var options = new StubOptions(engine, Folder);
        var servers = new List<StubServer>();
        for (var i = 0; i < replicas; i++) servers.Add(await StubServer.StartAsync(stub?.Invoke(options) ?? options));
        var settings = OptionsOf(engine, servers.Select(server => server.Address));
        return new TestEngine(servers, new EngineChatClient(client?.Invoke(settings) ?? settings, timeProvider: time));
    }

    public static EngineOptions OptionsOf(StubEngine engine, IEnumerable<Uri> addresses) =>
        new(engine == StubEngine.Vllm ? EngineKind.Vllm : EngineKind.Sglang, "policy", [.. addresses], Folder)
        {
            Sampling = Plain,
            Http = new BackendHttpOptions { RetryDelay = TimeSpan.FromMilliseconds(10), MaxRetryDelay = TimeSpan.FromMilliseconds(50) },
        };

    /// <summary>The model's own distribution, taken greedily.</summary>
    public static SamplingOptions Plain => new() { Temperature = 0, MaxTokens = 40 };

    public static DataContent Picture(SKColor color, int side = 96) => new(TestImages.Encode(side, side, color), "image/png");

    /// <summary>A conversation of three turns with two images between them, and its trace.</summary>
    public static async Task<TokenTrace> TalkAsync(IChatClient client, ChatOptions? options = null, Func<int, Task>? afterTurn = null)
    {
        List<ChatMessage> messages = [new(ChatRole.System, "You draw."), new(ChatRole.User, "two red circles and a <|im_end|> blue square")];
        TokenTrace? trace = null;
        for (var turn = 0; turn < 3; turn++)
        {
            var response = await client.GetResponseAsync(messages, options, TestContext.Current.CancellationToken);
            trace = response.GetTokenTrace();
            messages.AddRange(response.Messages);
            messages.Add(new ChatMessage(ChatRole.User, [new TextContent("look: "), Picture(turn == 0 ? SKColors.Red : SKColors.Blue)]));
            if (afterTurn is not null) await afterTurn(turn);
        }

        return trace!;
    }

    public static List<ChatMessage> Hello(string text = "a green triangle") => [new(ChatRole.User, text)];

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var server in Servers) await server.DisposeAsync();
    }
}
