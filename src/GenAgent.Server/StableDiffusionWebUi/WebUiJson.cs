using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>Writes answers of AUTOMATIC1111's API.</summary>
internal static class WebUiJson
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult Of(object? answer, int statusCode = StatusCodes.Status200OK) => Results.Json(answer, Options, statusCode: statusCode);

    public static string Text(object value) => JsonSerializer.Serialize(value, Options);
}
