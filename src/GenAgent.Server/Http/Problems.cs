using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace GenAgent.Server.Http;

/// <summary>Errors as problem details (RFC 9457).</summary>
internal static class Problems
{
    public static async Task WriteAsync(HttpContext context, int status, string detail, string? field = null, int? retryAfter = null)
    {
        context.Response.StatusCode = status;
        if (retryAfter is { } seconds) context.Response.Headers.RetryAfter = $"{seconds}";
        var problem = new ProblemDetails { Status = status, Title = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), Detail = detail };
        if (field is not null) problem.Extensions["errors"] = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [detail] };
        await context.Response.WriteAsJsonAsync(problem, ServerJson.Options, "application/problem+json", CancellationToken.None);
    }
}
