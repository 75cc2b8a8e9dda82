using System.Net;
using System.Net.Sockets;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Fetches images whose addresses a server sent: within the limits of size and time, only images, and never from a private, loopback or
/// link-local address, unless it is the server that the user named. The check is made on the very address that is connected to, after
/// names are resolved, and again for each redirect.
/// </summary>
internal sealed class RemoteImageFetcher : IDisposable
{
    /// <summary>The most bytes of one image.</summary>
    public const long MaxBytes = 64L << 20;

    private const int MaxRedirects = 5;

    private readonly Uri _named;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly Func<IPAddress, int, CancellationToken, Task<Stream>> _connect;
    private readonly HttpClient _client;

    public RemoteImageFetcher(
        BackendHttp http,
        Uri named,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
        Func<IPAddress, int, CancellationToken, Task<Stream>>? connect = null)
    {
        _named = named;
        _resolve = resolve ?? Dns.GetHostAddressesAsync;
        _connect = connect ?? ConnectAsync;
        var handler = new SocketsHttpHandler
        {
            // No proxy: behind one, the address that is really connected to could not be checked.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = true,
            MaxAutomaticRedirections = MaxRedirects,
            ConnectTimeout = http.Options.ConnectTimeout,
            ConnectCallback = ConnectCheckedAsync,
        };
        var limits = http.Options with { MaxResponseBytes = Math.Min(MaxBytes, http.Options.MaxResponseBytes) };
        _client = (http with { Backend = "The image's address", Options = limits, Handler = handler }).CreateClient();
    }

    /// <summary>Fetches one image.</summary>
    /// <exception cref="BackendException">It cannot be had, must not be fetched, or is no image.</exception>
    public async Task<DataContent> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            throw new BackendAnswerException($"The image's address \"{address}\" is neither http nor https: it was not fetched.");
        }

        using var response = await GetAsync(address, cancellationToken);
        var type = response.Content.Headers.ContentType?.MediaType;
        if (type is not null && !type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) && type is not "application/octet-stream" and not "binary/octet-stream")
        {
            throw new BackendAnswerException($"The image's address {Shown(address)} holds {type}, no image.");
        }

        return ImageHeader.ToContent(await response.Content.ReadAsByteArrayAsync(cancellationToken), Shown(address));
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.GetAsync(address, cancellationToken);
        }
        catch (BackendUnavailableException exception) when (exception.InnerException?.InnerException is ForbiddenAddressException forbidden)
        {
            throw new BackendAnswerException($"The image's address {Shown(address)} was not fetched: {forbidden.Message}", exception);
        }
    }

    private async ValueTask<Stream> ConnectCheckedAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, cancellationToken);
        var named = port == _named.Port && string.Equals(host, _named.DnsSafeHost, StringComparison.OrdinalIgnoreCase);
        Exception? last = null;
        foreach (var address in addresses)
        {
            if (!named && !PublicAddress.IsPublic(address))
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

    private static async Task<Stream> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
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

    // Signed addresses carry their secret in the query.
    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Path);
}
