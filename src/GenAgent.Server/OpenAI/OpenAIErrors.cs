using System.Diagnostics.CodeAnalysis;
using GenAgent.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.OpenAI;

/// <summary>Turns what a request fails with into OpenAI's error objects.</summary>
internal static class OpenAIErrors
{
    /// <summary>What a failure is in OpenAI's words; false for one that is no answer to a request.</summary>
    public static bool TryRead(Exception failure, [NotNullWhen(true)] out OpenAIException? refused)
    {
        refused = failure switch
        {
            OpenAIException known => known,
            RefusedException no => new(no.Status, TypeOf(no.Status), CodeOf(no.Status), no.Field, no.Message) { RetryAfter = no.RetryAfter },
            BadHttpRequestException bad =>
                new(
                    bad.StatusCode,
                    "invalid_request_error",
                    bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "request_too_large" : "invalid_request",
                    null,
                    bad.Message),
            ArgumentException wrong => new(StatusCodes.Status400BadRequest, "invalid_request_error", "invalid_value", null, wrong.Message),
            _ => null,
        };
        return refused is not null;
    }

    /// <summary>Answers with an error object where an endpoint fails before it has answered.</summary>
    public static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception failure) when (!context.HttpContext.Response.HasStarted && TryRead(failure, out var refused))
        {
            if (refused.RetryAfter is { } seconds) context.HttpContext.Response.Headers.RetryAfter = $"{seconds}";
            return Results.Json(BodyOf(refused, context.HttpContext), OpenAIJson.Options, statusCode: refused.Status);
        }
    }

    /// <summary>The error object for a request's caller, without secrets: what a backend says may hold one.</summary>
    public static OpenAIErrorBody BodyOf(OpenAIException refused, HttpContext context)
    {
        var secrets = context.RequestServices.GetRequiredService<SecretMask>();
        return new(refused.Error with { Message = secrets.Mask(refused.Error.Message), Code = refused.Error.Code is { } code ? secrets.Mask(code) : null });
    }

    /// <summary>The error object of a status.</summary>
    public static OpenAIErrorBody Of(int status, string message, string? parameter = null) => new(new(message, TypeOf(status), parameter, CodeOf(status)));

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= StatusCodes.Status500InternalServerError => "server_error",
        _ => "invalid_request_error",
    };

    private static string? CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "invalid_value",
        StatusCodes.Status401Unauthorized => "invalid_api_key",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        StatusCodes.Status429TooManyRequests => "rate_limit_exceeded",
        StatusCodes.Status503ServiceUnavailable => "server_overloaded",
        _ => null,
    };
}
