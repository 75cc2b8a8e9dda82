using System.Net;
using System.Net.Sockets;

namespace GenAgent.Models.Http;

/// <summary>
/// Connects to addresses that somebody other than the user chose, such as a server: never to a private, loopback or link-local address, unless it belongs
/// to the server that the user named or to a trusted host. The check uses the actual address after name resolution.
/// </summary>
public sealed class GuardedConnection
{
    private readonly Uri? _named;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly Func<IPAddress, int, CancellationToken, Task<Stream>> _connect;

    /// <summary>Creates a guard that resolves names as the system does, and connects over TCP.</summary>
    /// <param name="named">The server that the user named; null for none.</param>
    public GuardedConnection(Uri? named = null)
        : this(named, resolve: null, connect: null)
    {
    }

    internal GuardedConnection(
        Uri? named, Func<string, CancellationToken, Task<IPAddress[]>>? resolve, Func<IPAddress, int, CancellationToken, Task<Stream>>? connect) =>
        (_named, _resolve, _connect) = (named, resolve ?? Dns.GetHostAddressesAsync, connect ?? OpenAsync);

    /// <summary>Whether a host may have any address; null for none.</summary>
    public Func<string, bool>? IsTrusted { get; init; }

    /// <summary>The user's proxy, which may have any address; with a proxy, names are not resolved here. Null for none.</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <param name="context">Where to connect.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    /// <returns>The connection; the caller disposes it.</returns>
    /// <exception cref="ForbiddenAddressException">The address must not be called.</exception>
    /// <exception cref="SocketException">No address of the host answers.</exception>
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
    internal bool IsAllowed(Uri target) =>
        IsNamed(target.DnsSafeHost, target.Port) || Literal(target.DnsSafeHost) is not { } address || PublicAddress.IsPublic(address);

    private async ValueTask<bool> IsAllowedAsync(string host, int port, IPAddress address, CancellationToken cancellationToken)
    {
        if (PublicAddress.IsPublic(address) || IsNamed(host, port))
        {
            return true;
        }

        if (port != _named?.Port)
        {
            return false;
        }

        var own = await AddressesAsync(_named.DnsSafeHost, cancellationToken);
        return own.Any(mine => mine.Equals(address) || (IPAddress.IsLoopback(mine) && IPAddress.IsLoopback(address)));
    }

    private bool IsNamed(string host, int port) => IsTrusted?.Invoke(host) == true
        || (port == _named?.Port && string.Equals(host, _named.DnsSafeHost, StringComparison.OrdinalIgnoreCase));

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
