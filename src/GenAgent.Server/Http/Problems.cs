using GenAgent.Server.OpenAI;
using GenAgent.Server.Protocols;
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
        if (ProtocolErrors.Of(context.Request.Path, status, detail, field) is { } foreign)
        {
            await context.Response.WriteAsJsonAsync(foreign, OpenAIJson.Options, CancellationToken.None);
            return;
        }

        var problem = new ProblemDetails { Status = status, Title = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), Detail = detail };
        if (field is not null) problem.Extensions["errors"] = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [detail] };
        await context.Response.WriteAsJsonAsync(problem, ServerJson.Options, "application/problem+json", CancellationToken.None);
    }
}
