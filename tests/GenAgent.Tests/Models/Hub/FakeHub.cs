using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAgent.Models.Http;
using GenAgent.Models.Hub;
using GenAgent.Tests.Models.Http;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Tests.Models.Hub;

/// <summary>A hub on loopback, with a second server as its content network: large files are redirected there, as the real one does.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly Dictionary<string, (byte[] Content, bool Large)> _files = new(StringComparer.Ordinal);

    public required LoopbackServer Server { get; init; }

    public required LoopbackServer Network { get; init; }

    public string Model { get; } = "org/tiny-model";

    public string? Token { get; set; }

    /// <summary>Answers a request in the hub's place; true where it did.</summary>
    public Func<HttpContext, Task<bool>> Interfere { get; set; } = _ => Task.FromResult(false);

    public bool IgnoreRanges { get; set; }

    public static async Task<FakeHub> StartAsync()
    {
        FakeHub? hub = null;
        var server = await LoopbackServer.StartAsync(context => hub!.AnswerAsync(context, isNetwork: false));
        var network = await LoopbackServer.StartAsync(context => hub!.AnswerAsync(context, isNetwork: true));
        hub = new FakeHub { Server = server, Network = network };
        return hub;
    }

    public void Add(string path, byte[] content, bool large = false) => _files[path] = (content, large);

    public HubOptions Options(string cache) => new()
    {
        Endpoint = Server.Url,
        CacheFolder = cache,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        MaxRetryAfter = TimeSpan.FromSeconds(5),
        SilenceTimeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>Calls the network as a downloader's own handler does, but knows a public name for the second server.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        ConnectCallback = new GuardedConnection(
            Server.Url,
            (
                host,
                _) => Task.FromResult<IPAddress[]>(
                    host == "network.example"
                        ? [IPAddress.Parse("93.184.216.34")]
                        : host == "localhost" ? [IPAddress.Loopback] : [IPAddress.Parse("10.0.0.5")]),
            async (address, port, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }).ConnectAsync,
    };

    public int Requests(string part) => Server.Requests.Concat(Network.Requests).Count(request => request.Path.Contains(part));

    public ConcurrentQueue<SeenRequest> NetworkRequests => Network.Requests;

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Network.DisposeAsync();
    }

    public static bool IsNetwork(HttpContext context) => context.Request.Path.Value!.StartsWith("/cdn/", StringComparison.Ordinal);

#pragma warning disable CA5350 // git's own hash
    public static string HashOf(byte[] content, bool large) =>
        large
            ? Convert.ToHexStringLower(SHA256.HashData(content))
            : Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350

    private async Task AnswerAsync(HttpContext context, bool isNetwork)
    {
        if (await Interfere(context))
        {
            return;
        }

        var path = context.Request.Path.Value!;
        if (!isNetwork && Token is not null && context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["X-Error-Message"] = "Access to this model is restricted.";
        }
        else if (path == $"/api/models/{Model}/revision/main" || path == $"/api/models/{Model}/revision/{Commit}")
        {
            await context.Response.WriteAsync(Describe());
        }
        else if (path.StartsWith($"/{Model}/resolve/{Commit}/", StringComparison.Ordinal)
            && _files.TryGetValue(path[$"/{Model}/resolve/{Commit}/".Length..], out var file))
        {
            if (file.Large)
            {
                context.Response.Redirect($"http://network.example:{Network.Url.Port}/cdn/{path[$"/{Model}/resolve/{Commit}/".Length..]}");
                return;
            }

            await SendAsync(context, file.Content);
        }
        else if (isNetwork && _files.TryGetValue(path["/cdn/".Length..], out var large))
        {
            await SendAsync(context, large.Content);
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }

    public async Task SendAsync(HttpContext context, byte[] content, int? breakAfter = null)
    {
        var from = 0;
        var range = context.Request.Headers.Range.ToString();
        if (range.StartsWith("bytes=", StringComparison.Ordinal) && !IgnoreRanges)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'));
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentLength = content.Length - from;
        var count = Math.Min(breakAfter ?? int.MaxValue, content.Length - from);
        await context.Response.Body.WriteAsync(content.AsMemory(from, count));
        await context.Response.Body.FlushAsync();
        if (breakAfter is not null)
        {
            context.Abort();
        }
    }

    private string Describe() => JsonSerializer.Serialize(new
    {
        sha = Commit,
        siblings = _files.Select(file => file.Value.Large
            ? new
            {
                rfilename = file.Key,
                size = (long)file.Value.Content.Length,
                blobId = HashOf(file.Value.Content, large: false),
                lfs = (object?)new { sha256 = HashOf(file.Value.Content, large: true), size = file.Value.Content.Length }
            }
            : new { rfilename = file.Key, size = (long)file.Value.Content.Length, blobId = HashOf(file.Value.Content, large: false), lfs = (object?)null }),
    });
}
