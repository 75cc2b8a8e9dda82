using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>Errors as AUTOMATIC1111's API writes them.</summary>
internal static class WebUiErrors
{
    /// <summary>The JSON of a request.</summary>
    public static async Task<JsonElement> ReadAsync(HttpContext context)
    {
        try
        {
            return await StrictJson.ReadAsync(context.Request.Body, StrictJson.Deepest, context.RequestAborted);
        }
        catch (JsonException broken)
        {
            throw new WebUiException("body", $"JSON decode error: {broken.Message}");
        }
    }

    /// <summary>A request that was taken and made nothing.</summary>
    public static IResult Failed(string why, int status = StatusCodes.Status500InternalServerError) =>
        WebUiJson.Of(new { error = "HTTPException", detail = why, body = string.Empty, errors = why }, statusCode: status);

    /// <summary>Answers with an error where an endpoint fails before it has answered.</summary>
    public static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (WebUiException wrong)
        {
            return WebUiJson.Of(
                new { detail = new[] { new { type = "value_error", loc = new[] { "body", wrong.Field }, msg = wrong.Message } } },
                statusCode: StatusCodes.Status422UnprocessableEntity);
        }
        catch (Exception failure) when (OpenAI.OpenAIErrors.TryRead(failure, out var refused))
        {
            return Failed(refused.Message, refused.Status);
        }
    }
}
