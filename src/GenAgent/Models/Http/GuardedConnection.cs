using System.Net;
using System.Net.Sockets;

namespace GenAgent.Models.Http;

/// <summary>
/// Connects to addresses chosen by a server instead of the user: never to a private, loopback or link-local address, unless it belongs to the server that
/// the user named. The check uses the actual address after name resolution.
/// </summary>
/// <param name="named">The server that the user named.</param>
/// <param name="resolve">Looks up a host; the system's resolver by default.</param>
/// <param name="connect">Opens a connection; TCP by default.</param>
internal sealed class GuardedConnection(
    Uri named,
    Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
    Func<IPAddress, int, CancellationToken, Task<Stream>>? connect = null)
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;
    private readonly Func<IPAddress, int, CancellationToken, Task<Stream>> _connect = connect ?? OpenAsync;

    /// <summary>The user's proxy, which may have any address; with a proxy, names are not resolved here. Null for none.</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="ForbiddenAddressException">The address must not be called.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var isProxy = context.InitialRequestMessage.RequestUri is { } asked && Proxy?.GetProxy(asked) is { } via
            && via.Port == port && string.Equals(via.DnsSafeHost, host, StringComparison.OrdinalIgnoreCase);
        var addresses = await AddressesAsync(host, cancellationToken);
        Exception? last = null;
        foreach (var address in addresses)
        {
            if (!isProxy && !await IsAllowedAsync(host, port, address, cancellationToken))
            {
                throw new ForbiddenAddressException($"{host} is the private address {address}. Only the server that was named itself may be one.");
            }

            try
            {
                return await _connect(address, port, cancellationToken);
            }
            catch (SocketException exception)
            {
                last = exception;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>Whether a host name is allowed; for redirects through a proxy.</summary>
    public bool IsAllowed(Uri target) =>
        IsNamed(target.DnsSafeHost, target.Port) || Literal(target.DnsSafeHost) is not { } address || PublicAddress.IsPublic(address);

    private async ValueTask<bool> IsAllowedAsync(string host, int port, IPAddress address, CancellationToken cancellationToken)
    {
        if (PublicAddress.IsPublic(address) || IsNamed(host, port))
        {
            return true;
        }

        if (port != named.Port)
        {
            return false;
        }

        var own = await AddressesAsync(named.DnsSafeHost, cancellationToken);
        return own.Any(mine => mine.Equals(address) || (IPAddress.IsLoopback(mine) && IPAddress.IsLoopback(address)));
    }

    private bool IsNamed(string host, int port) => port == named.Port && string.Equals(host, named.DnsSafeHost, StringComparison.OrdinalIgnoreCase);

    private async ValueTask<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, cancellationToken);

    private static IPAddress? Literal(string host) =>
        IPAddress.TryParse(host, out var literal) ? literal
        : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            ? IPAddress.Loopback
            : null;

    private static async Task<Stream> OpenAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
