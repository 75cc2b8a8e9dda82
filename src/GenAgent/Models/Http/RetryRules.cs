using System.Net;
using Polly;
using Polly.Timeout;

namespace GenAgent.Models.Http;

/// <summary>Decides which calls are retried, in the same way for every server.</summary>
internal sealed class RetryRules(BackendHttpOptions options, TimeProvider timeProvider, bool repeatPosts)
{
    public bool ShouldRetry(Outcome<HttpResponseMessage> outcome, HttpRequestMessage? request)
    {
        var repeatable = IsRepeatable(request);
        return outcome switch
        {
            { Exception: HttpRequestException exception } => 
                exception.InnerException is not ForbiddenAddressException && (WasNeverSent(exception) || (repeatable && IsLost(exception))),

            // The first job may still be running; a second one would slow down both.
            { Exception: TimeoutRejectedException } => IsReading(request),
            { Result: { } response } => ShouldRetry(response, repeatable),
            _ => false,
        };
    }

    private bool ShouldRetry(HttpResponseMessage response, bool repeatable)
    {
        if (response.IsSuccessStatusCode || RetryAfter.Read(response, timeProvider) > options.MaxRetryAfter)
        {
            return false;
        }

        if (response.Headers.NonValidated.TryGetValues("x-should-retry", out var asked) && bool.TryParse(asked.ToString(), out var should))
        {
            return should && repeatable;
        }

        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => !BackendFault.Read(Body(response)).IsQuota,
            HttpStatusCode.ServiceUnavailable => true,
            HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict => repeatable,
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => false,
            HttpStatusCode.InternalServerError => repeatable && !BackendFault.Read(Body(response)).IsCallersMistake,
            >= HttpStatusCode.InternalServerError => repeatable,
            _ => false,
        };
    }

    private bool IsRepeatable(HttpRequestMessage? request) =>
        request is not null &&
        (IsReading(request) || (request.Options.TryGetValue(BackendHttp.Repeatable, out var repeatable) ? repeatable : repeatPosts));

    private static bool IsReading(HttpRequestMessage? request) => request?.Method == HttpMethod.Get || request?.Method == HttpMethod.Head;

    /// <summary>Whether the call failed before anything was sent.</summary>
    public static bool WasNeverSent(Exception? exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    private static bool IsLost(HttpRequestException exception) =>
        exception.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown or HttpRequestError.HttpProtocolError;

    // The guard below has read the body already.
    private static byte[] Body(HttpResponseMessage response) => response.Content is BufferedContent { Body: var body } ? body : [];
}
