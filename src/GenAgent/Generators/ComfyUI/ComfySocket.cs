using System.Buffers;
using System.Net.WebSockets;

namespace GenAgent.Generators.ComfyUI;

/// <summary>ComfyUI's WebSocket: connects, requests previews with node names, and forwards every message until it closes.</summary>
internal sealed class ComfySocket : IAsyncDisposable
{
    private const int PieceSize = 32 * 1024;
    private const long MaxMessageBytes = 64L << 20;

    private static readonly byte[] FeatureFlags = """{"type":"feature_flags","data":{"supports_preview_metadata":true}}"""u8.ToArray();

    private readonly ClientWebSocket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Action<ComfyFrame> _take;
    private readonly long _maxBytes;

    private ComfySocket(ClientWebSocket socket, Action<ComfyFrame> take, long maxBytes)
    {
        _socket = socket;
        _take = take;
        _maxBytes = maxBytes;
        Closed = ReceiveAsync();
    }

    /// <summary>Completes with the reason when the connection ends; never fails.</summary>
    public Task<string> Closed { get; }

    /// <summary>Connects and starts forwarding messages.</summary>
    /// <exception cref="WebSocketException">The server is unreachable, or does not support WebSocket at this address.</exception>
    public static async Task<ComfySocket> ConnectAsync(
        ComfyUIOptions options, string clientId, Action<ComfyFrame> take, CancellationToken cancellationToken)
    {
        var address = new UriBuilder(options.Endpoint)
        {
            Scheme = options.Endpoint.Scheme is "https" ? "wss" : "ws",
            Path = $"{options.Endpoint.AbsolutePath.TrimEnd('/')}/ws",
            Query = $"clientId={clientId}",
        };
        var socket = new ClientWebSocket();
        try
        {
            if (options.ApiKey is not null)
            {
                socket.Options.SetRequestHeader("Authorization", $"Bearer {options.ApiKey}");
            }

            await socket.ConnectAsync(address.Uri, cancellationToken);
            await socket.SendAsync(FeatureFlags, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            return new ComfySocket(socket, take, Math.Min(options.Http.MaxResponseBytes, MaxMessageBytes));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Closed;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task<string> ReceiveAsync()
    {
        var message = new ArrayBufferWriter<byte>(PieceSize);
        try
        {
            while (true)
            {
                var piece = await _socket.ReceiveAsync(message.GetMemory(PieceSize), _stop.Token);
                message.Advance(piece.Count);
                if (piece.MessageType == WebSocketMessageType.Close)
                {
                    return _socket.CloseStatusDescription is { Length: > 0 } reason ? reason : "the server closed it";
                }

                if (message.WrittenCount > _maxBytes)
                {
                    return $"a message is larger than {_maxBytes} bytes (the lesser of {MaxMessageBytes} and Http:MaxResponseBytes)";
                }

                if (piece.EndOfMessage)
                {
                    Take(
                        piece.MessageType == WebSocketMessageType.Text ? ComfyFrame.Read(message.WrittenMemory) : ComfyFrame.ReadBinary(message.WrittenMemory));
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return exception.Message;
        }
    }

    private void Take(ComfyFrame? frame)
    {
        if (frame is not null)
        {
            _take(frame);
        }
    }
}
