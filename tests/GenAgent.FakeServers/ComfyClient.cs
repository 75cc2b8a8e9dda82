using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace GenAgent.FakeServers;

/// <summary>A connected WebSocket, written to by one task at a time.</summary>
internal sealed class ComfyClient(WebSocket socket) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Dispose() => _turn.Dispose();

    public async Task SendAsync(string type, JsonObject data)
    {
        var message = new JsonObject { ["type"] = type, ["data"] = data };
        await _turn.WaitAsync();
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Nobody listens any more.
        }
        finally
        {
            _turn.Release();
        }
    }
}
