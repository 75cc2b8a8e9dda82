using System.Net;
using System.Net.Sockets;
using Polly.Timeout;

namespace GenAgent.Models.Http;

/// <summary>Converts every failure of a call to a typed exception, so that callers need not check status codes.</summary>
internal sealed class FaultHandler(string backend, Func<byte[], BackendFault?>? readFault, BackendHttpOptions options, TimeProvider timeProvider)
    : DelegatingHandler
{
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
                $"{backend} did not answer in time: {exception.Timeout.TotalSeconds:0.##} s have passed. Ask for less at once, or raise the timeout.",
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
        var fault = readFault?.Invoke(body) ?? BackendFault.Read(body);
        var status = (int)response.StatusCode;
        return fault.ToException(
            $"{backend} ({request.Method} {request.RequestUri?.AbsolutePath}, status {status})", status, request.RequestUri?.Host, response, timeProvider);
    }

    private BackendUnavailableException Lost(HttpRequestMessage request, HttpRequestException exception)
    {
        var address = request.RequestUri?.GetLeftPart(UriPartial.Authority);
        var message = exception switch
        {
            { HttpRequestError: HttpRequestError.NameResolutionError } => $"{backend}: there is no host \"{request.RequestUri?.Host}\". Check the address.",
            { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
                $"{backend}: nothing listens at {address}. Is the server running?",
            { HttpRequestError: HttpRequestError.SecureConnectionError } => $"{backend}: no secure connection to {address}: {Innermost(exception)}",
            { HttpRequestError: HttpRequestError.ConnectionError } =>
                $"{backend}: no connection to {address} within {options.ConnectTimeout.TotalSeconds:0.##} s: {Innermost(exception)}",
            _ => $"{backend} at {address} broke off: {Innermost(exception)}",
        };
        return new BackendUnavailableException(message, exception);
    }

    private static string Innermost(Exception exception) => exception.GetBaseException().Message;
}
