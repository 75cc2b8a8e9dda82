using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using GenAgent.TestKit.Golden;

namespace GenAgent.TestKit;

/// <summary>A socket that sends raw HTTP answers, one a request, the last again and again, and keeps the bodies that it was sent.</summary>
public sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int, string, byte[]> _answer;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    /// <summary>Starts it.</summary>
    /// <param name="answer">The answer to a request of this number, from 0, and this body.</param>
    public RawServer(Func<int, string, byte[]> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The bodies of the requests so far.</summary>
    public ConcurrentQueue<string> Bodies { get; } = new();

    /// <summary>The port that it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The address of a path.</summary>
    public Uri At(string path) => new($"http://127.0.0.1:{Port}{path}");

    /// <summary>A recorded answer of <c>tests/golden/cases</c>; its body is sent as it stands in the file.</summary>
    public static byte[] Case(string name, Func<string, string>? change = null)
    {
        var text = File.ReadAllText(Path.Combine(GoldenRoot.Repository, "cases", name, "server-answer.txt")).ReplaceLineEndings("\n");
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var head = text[..end].Split('\n').Where(line => !line.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
            && !line.StartsWith("Content-Length", StringComparison.OrdinalIgnoreCase) && !line.StartsWith("Connection", StringComparison.OrdinalIgnoreCase)
            && !line.StartsWith("Keep-Alive", StringComparison.OrdinalIgnoreCase));
        var body = Encoding.UTF8.GetBytes((change ?? (same => same))(text[(end + 2)..]));
        return [.. Encoding.UTF8.GetBytes($"{string.Join("\r\n", head)}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body];
    }

    /// <summary>An answer with this body.</summary>
    public static byte[] Answer(string body, string type = "application/json", string status = "200 OK") => Answer(Encoding.UTF8.GetBytes(body), type, status);

    /// <inheritdoc cref="Answer(string, string, string)"/>
    public static byte[] Answer(byte[] bytes, string type, string status = "200 OK") =>
        [.. Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"), .. bytes];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _listener.Dispose();
        _end.Dispose();
    }

    // Connections are served side by side: a client may open one that it never uses.
    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true) connections.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var one = client;
        try
        {
            await using var stream = client.GetStream();
            if (await ReadAsync(stream, _end.Token) is not { } body) return;
            int number;
            lock (Bodies)
            {
                number = Bodies.Count;
                Bodies.Enqueue(body);
            }

            await stream.WriteAsync(_answer(number, body), _end.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The client has what it wanted, or the test is over.
        }
    }

    /// <summary>The body of a request; null if none came.</summary>
    private static async Task<string?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var bytes = new List<byte>();
        var piece = new byte[64 * 1024];
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var length = text[..end].Split("\r\n").Select(line => line.Split(':', 2))
                    .FirstOrDefault(header => header[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))?[1];
                if (bytes.Count >= end + 4 + (length is null ? 0 : int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)))
                {
                    return text[(end + 4)..];
                }
            }

            var read = await stream.ReadAsync(piece, cancellationToken);
            if (read == 0)
            {
                return text.Length > 0 ? text : null;
            }

            bytes.AddRange(piece.AsSpan(0, read));
        }
    }
}
