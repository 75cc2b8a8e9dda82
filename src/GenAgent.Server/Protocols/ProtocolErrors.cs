using GenAgent.Server.OpenAI;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.Protocols;

/// <summary>Errors that happen before an endpoint is reached, as a missing API key, in the words of the protocol that the path belongs to.</summary>
internal static class ProtocolErrors
{
    /// <summary>The body of an error; null for paths whose errors are problem details.</summary>
    public static object? Of(PathString path, int status, string detail, string? field) =>
        path.StartsWithSegments("/v1", StringComparison.Ordinal) || IsRecorded(path) ? OpenAIErrors.Of(status, detail, field)
        : path.StartsWithSegments("/sdapi", StringComparison.Ordinal) ? new { error = "HTTPException", detail, body = string.Empty, errors = detail }
        : null;

    // OpenAI's API below a rollout's own address.
    private static bool IsRecorded(PathString path) =>
        (path.StartsWithSegments("/rollout", StringComparison.Ordinal) || path.StartsWithSegments("/proxy", StringComparison.Ordinal))
        && path.Value!.Contains("/v1/", StringComparison.Ordinal);
}
