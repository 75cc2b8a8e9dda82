using System.Net;
using GenAgent.Generators.Imaging;
using GenAgent.Models;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Downloads images whose addresses a server sent: within limits of size and time, only images, and only through a <see cref="GuardedConnection"/>,
/// including redirects.
/// </summary>
internal sealed class RemoteImageFetcher : IDisposable
{
    /// <summary>The most bytes of one image.</summary>
    public const long MaxBytes = 64L << 20;

    private const int MaxRedirects = 5;
    private const int LongestShown = 100;

    private readonly HttpClient _client;

    public RemoteImageFetcher(
        BackendHttp http,
        Uri named,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
        Func<IPAddress, int, CancellationToken, Task<Stream>>? connect = null)
    {
        var handler = new SocketsHttpHandler
        {
            // No proxy: with one, the actual remote address could not be checked.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = true,
            MaxAutomaticRedirections = MaxRedirects,
            ConnectTimeout = http.Options.ConnectTimeout,
            ConnectCallback = new GuardedConnection(named, resolve, connect).ConnectAsync,
        };
        var limits = http.Options with { MaxResponseBytes = Math.Min(MaxBytes, http.Options.MaxResponseBytes) };
        _client = (http with { Backend = "The image's address", Options = limits, Handler = handler, SendsKey = false }).CreateClient();
    }

    /// <summary>Fetches one image.</summary>
    /// <exception cref="BackendException">It is unreachable, not allowed, or not an image.</exception>
    public async Task<DataContent> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            var shown = address.OriginalString.Length > LongestShown ? $"{address.OriginalString.AsSpan(0, LongestShown)}..." : address.OriginalString;
            throw new BackendAnswerException($"The image's address \"{shown}\" is neither http nor https: it was not fetched.");
        }

        using var response = await GetAsync(address, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);

        // The bytes decide: images are stored under all sorts of types.
        var type = response.Content.Headers.ContentType?.MediaType;
        return type is null || type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) || type is "application/octet-stream" or "binary/octet-stream"
            || ImageHeader.TryRead(bytes, out _, out _)
            ? ImageHeader.ToContent(bytes, Shown(address))
            : throw new BackendAnswerException($"The image's address {Shown(address)} holds {type}, no image.");
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

    // Signed addresses have their secret in the query.
    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Path);
}
