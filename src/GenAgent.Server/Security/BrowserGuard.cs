using System.Net;
using GenAgent.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace GenAgent.Server.Security;

/// <summary>
/// Keeps web pages of other origins away: no CORS header is ever sent, what a foreign page sends is refused, and so is a name that somebody has pointed at a
/// server without keys (DNS rebinding). Sets the headers that keep the own page safe.
/// </summary>
internal sealed class BrowserGuard(RequestDelegate next, ServerMode mode, ServerOptions options)
{
    // The page's styles are set by script; its scripts are files of its own.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
        + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly HashSet<string> _hosts = new(
        (options.Hosts ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        if (!IsKnownHost(context.Request.Host))
        {
            return Problems.WriteAsync(context, 421, "This server is not known by that name: use its address, or name the host in the option Server:Hosts.");
        }
        if (IsForeign(context.Request)) return Problems.WriteAsync(context, 403, "Requests of pages of other origins are refused.");
        return next(context);
    }

    private bool IsKnownHost(HostString host) =>
        (mode.NeedsKey && _hosts.Count == 0) || host.Host.Length == 0 || _hosts.Contains(host.Host)
            || host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Host.Trim('[', ']'), out _);

    // Programs send no Origin; the server's own page sends its own.
    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers[HeaderNames.Origin] is [{ Length: > 0 } origin])
        {
            return !Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                || !string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
        }

        return string.Equals(request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.Ordinal)
            && !string.Equals(request.Headers["Sec-Fetch-Mode"], "navigate", StringComparison.Ordinal);
    }
}
