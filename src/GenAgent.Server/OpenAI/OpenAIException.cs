using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.OpenAI;

/// <summary>A request that is refused with one of OpenAI's error objects.</summary>
internal class OpenAIException(int status, string type, string? code, string? parameter, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>Seconds after which the request may succeed; null if that is unknown.</summary>
    public int? RetryAfter { get; init; }

    public OpenAIError Error => new(Message, type, parameter, code);

    public static OpenAIException Invalid(string parameter, string code, string message) =>
        new(StatusCodes.Status400BadRequest, "invalid_request_error", code, parameter, message);

    public static OpenAIException Missing(string parameter) => Invalid(parameter, "missing_required_parameter", $"Missing required parameter: '{parameter}'.");

    public static OpenAIException Unsupported(string parameter, string message) => Invalid(parameter, "unsupported_parameter", message);

    public static OpenAIException WrongValue(string parameter, string value, IEnumerable<string> allowed) =>
        Invalid(
            parameter, "invalid_value", $"Invalid value: '{Shorten(value)}'. Supported values are: {string.Join(", ", allowed.Select(one => $"'{one}'"))}.");

    public static OpenAIException WrongType(string parameter, string expected, string got) =>
        Invalid(parameter, "invalid_type", $"Invalid type for '{parameter}': expected {expected}, but got {got} instead.");

    public static OpenAIException NoModel(string model) =>
        new(
            StatusCodes.Status404NotFound,
            "invalid_request_error",
            "model_not_found",
            "model",
            $"The model '{Shorten(model)}' does not exist; GET /v1/models lists those of this server.");

    private static string Shorten(string value) => value.Length > 80 ? value[..80] + "..." : value;
}
