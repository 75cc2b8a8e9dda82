using System.Data.Common;
using System.Text.Json;
using GenAgent.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Http;

/// <summary>Turns exceptions into problem details. What the server did not expect is logged, and not told.</summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, SecretMask secrets, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone.
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            await TellAsync(context, failure);
        }
    }

    private Task TellAsync(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case RefusedException refused:
                return Problems.WriteAsync(context, refused.Status, secrets.Mask(refused.Message), refused.Field, refused.RetryAfter);
            case BadHttpRequestException { InnerException: JsonException broken }:
                return Problems.WriteAsync(context, 400, $"The request is no JSON of the right form: {secrets.Mask(Validation.JsonErrors.Describe(broken))}");
            case BadHttpRequestException bad:
                return Problems.WriteAsync(
                    context, bad.StatusCode, bad.StatusCode == 413 ? "The request is larger than the server allows." : "The request cannot be read.");
            case DbException:
                LogDatabase(failure);
                return Problems.WriteAsync(context, 503, "The database cannot be reached: try again later.", retryAfter: 5);
            default:
                LogUnexpected(failure, context.Request.Method, context.Request.Path);
                return Problems.WriteAsync(context, 500, "The server failed; its log says why.");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The database failed.")]
    private partial void LogDatabase(Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private partial void LogUnexpected(Exception failure, string method, string path);
}
