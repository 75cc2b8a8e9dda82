using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>A server that takes jobs as ComfyUI does, and says over its socket what the test has written down.</summary>
internal sealed class FakeComfy : IAsyncDisposable
{
    private readonly TaskCompletionSource _framesSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<TaskCompletionSource<string>> _posts = new();
    private readonly SemaphoreSlim _posted = new(0);
    private LoopbackServer _server = null!;

    public LoopbackServer Server => _server;

    /// <summary>What is sent for a job; its id is given.</summary>
    public Func<string, IReadOnlyList<SocketFrame>> Frames { get; init; } = id => [Text("execution_success", id)];

    /// <summary>Whether the frames come before the answer to POST /prompt, as they can.</summary>
    public bool FramesFirst { get; init; }

    /// <summary>Whether the socket closes when the frames are out.</summary>
    public bool ClosesAfterFrames { get; init; }

    public bool HasSocket { get; init; } = true;

    /// <summary>The answer to POST /prompt for the k-th job; by default the id that the client chose.</summary>
    public Func<HttpContext, string, Task>? AnswerPrompt { get; init; }

    /// <summary>The id that the server gives a job; by default the client's.</summary>
    public Func<string, string> NameJob { get; init; } = id => id;

    public Func<HttpContext, Task<bool>> Route { get; init; } = _ => Task.FromResult(false);

    public ConcurrentQueue<string> Sent { get; } = new();

    public static SocketFrame Text(string type, string id, JsonObject? data = null)
    {
        var body = data ?? [];
        body["prompt_id"] = id;
        return new SocketFrame(new JsonObject { ["type"] = type, ["data"] = body }.ToJsonString(), Binary: null);
    }

    public static SocketFrame Executed(string id, string node, params string[] files) => Text("executed", id, new JsonObject
    {
        ["node"] = node,
        ["output"] = new JsonObject
        {
            ["images"] = new JsonArray([.. files.Select(file => new JsonObject { ["filename"] = file, ["subfolder"] = "", ["type"] = "output" })]),
        },
    });

    public async Task<FakeComfy> StartAsync()
    {
        _server = await LoopbackServer.StartAsync(HandleAsync);
        return this;
    }

    public IEnumerable<SeenRequest> Seen(string method, string path) =>
        Server.Requests.Where(request => request.Method == method && request.Path.StartsWith(path, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (await Route(context))
        {
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/ws" when HasSocket:
                await SpeakAsync(context);
                break;
            case "/prompt":
                await TakeJobAsync(context);
                break;
            case "/queue" when context.Request.Method == "GET":
                await context.Response.WriteAsync("""{"queue_running": [], "queue_pending": []}""");
                break;
            case "/queue" or "/interrupt":
                break;
            case "/view":
                context.Response.ContentType = "image/png";
                await context.Response.Body.WriteAsync(TestImages.Png().Data);
                break;
            case var path when path!.StartsWith("/history/", StringComparison.Ordinal):
                await context.Response.WriteAsync("{}");
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private async Task TakeJobAsync(HttpContext context)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!;
        var id = NameJob(body["prompt_id"]!.GetValue<string>());
        if (FramesFirst)
        {
            Announce(id);
            await Until.EndsAsync(_framesSent.Task, "a client listens at the socket");
        }

        if (AnswerPrompt is not null)
        {
            await AnswerPrompt(context, id);
        }
        else
        {
            await context.Response.WriteAsync(new JsonObject { ["prompt_id"] = id, ["number"] = 1, ["node_errors"] = new JsonObject() }.ToJsonString());
        }

        await context.Response.CompleteAsync();
        if (!FramesFirst)
        {
            Announce(id);
        }
    }

    private void Announce(string id)
    {
        var post = new TaskCompletionSource<string>();
        post.SetResult(id);
        _posts.Enqueue(post);
        _posted.Release();
    }

    private async Task SpeakAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        Sent.Enqueue($"open {context.Request.QueryString}");
        using var done = new CancellationTokenSource();
        var listening = ListenAsync(socket, done);
        try
        {
            while (!done.IsCancellationRequested)
            {
                await _posted.WaitAsync(done.Token);
                _posts.TryDequeue(out var post);
                foreach (var frame in Frames(await post!.Task))
                {
                    var bytes = frame.Binary ?? Encoding.UTF8.GetBytes(frame.Text!);
                    await socket.SendAsync(
                        bytes, frame.Binary is null ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, done.Token);
                }

                _framesSent.TrySetResult();
                if (ClosesAfterFrames)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "going down", done.Token);
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // The client has gone.
        }

        await listening;
    }

    private async Task ListenAsync(WebSocket socket, CancellationTokenSource done)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var piece = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                Sent.Enqueue(Encoding.UTF8.GetString(buffer, 0, piece.Count));
            }
        }
        catch (WebSocketException)
        {
            // Closed without a word.
        }

        await done.CancelAsync();
    }
}
