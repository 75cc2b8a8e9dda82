using System.Net;
using System.Net.Sockets;
using Polly.Timeout;

namespace GenAgent.Models.Http;

/// <summary>Converts every failure of a call to a typed exception, so that callers need not check status codes.</summary>
internal sealed class FaultHandler(BackendHttp http) : DelegatingHandler
{
    private static readonly string[] BareCalls = ["/chat/completions", "/images/generations", "/images/edits"];

    private const string WantsHttps = "If it has a secure connection, write https:// for http://.";
    private const string HttpsWanted = "HTTP request to an HTTPS server";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not null)
        {
            // A streamed body can be sent only once, so buffer it for retries.
            await request.Content.LoadIntoBufferAsync(cancellationToken);
        }

        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw Lost(request, exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new BackendUnavailableException(
                $"{http.Backend} did not answer in time: {exception.Timeout.TotalSeconds:0.##} s have passed. Ask for less at once, or raise the timeout.",
                exception);
        }

        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            return response;
        }

        using (response)
        {
            throw await FromAnswerAsync(request, response, cancellationToken);
        }
    }

    private async Task<BackendException> FromAnswerAsync(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var fault = http.ReadFault?.Invoke(body) ?? BackendFault.Read(body);
        var status = (int)response.StatusCode;
        if (fault.Message.Contains(HttpsWanted, StringComparison.OrdinalIgnoreCase))
            fault = fault with { Message = $"{fault.Message.TrimEnd('.')}. {WantsHttps}" };
        if (status is 404 or 405 && BareCalls.Contains(request.RequestUri?.AbsolutePath, StringComparer.Ordinal))
            fault = fault with { Message = $"{fault.Message.TrimEnd('.')}. Does the address lack its path? Most servers want /v1 at its end" };
        return fault.ToException(
            $"{http.Backend} ({request.Method} {request.RequestUri?.AbsolutePath}, status {status})",
            status,
            http.SendsKey ? request.RequestUri?.Host : null,
            response,
            http.TimeProvider);
    }

    private BackendUnavailableException Lost(HttpRequestMessage request, HttpRequestException exception)
    {
        var address = request.RequestUri?.GetLeftPart(UriPartial.Authority);
        var message = exception switch
        {
            { HttpRequestError: HttpRequestError.NameResolutionError } =>
                $"{http.Backend}: there is no host \"{request.RequestUri?.Host}\". Check the address.",
            { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
                $"{http.Backend}: nothing listens at {address}. Is the server running?",
            { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                $"{http.Backend}: no secure connection to {address}: {Innermost(exception).TrimEnd('.')}. If it has none, write http:// for https://.",
            { HttpRequestError: HttpRequestError.InvalidResponse } =>
                $"{http.Backend}: what answers at {address} does not speak HTTP/1.1. {WantsHttps}",
            { HttpRequestError: HttpRequestError.ConnectionError } =>
                $"{http.Backend}: no connection to {address} within {http.Options.ConnectTimeout.TotalSeconds:0.##} s: {Innermost(exception)}",
            _ => $"{http.Backend} at {address} broke off: {Innermost(exception)}",
        };
        return new BackendUnavailableException(message, exception);
    }

    private static string Innermost(Exception exception) => exception.GetBaseException().Message;
}
