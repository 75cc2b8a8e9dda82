using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.OpenAI;

/// <summary>
/// The fields of a request, be it JSON or a form. What is missing is null; what is wrong throws <see cref="OpenAIException"/> in OpenAI's own words.
/// </summary>
internal sealed class RequestFields
{
    // What a job keeps of a request lies deeper in its own JSON.
    private const int Deepest = 24;

    private readonly JsonElement _json;
    private readonly IFormCollection? _form;

    private RequestFields(JsonElement json) => _json = json;

    private RequestFields(IFormCollection form) => _form = form;

    /// <summary>Reads the body.</summary>
    public static async Task<RequestFields> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // Not what curl calls any body that it is given without a type.
            if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true)
            {
                return new(await request.ReadFormAsync(cancellationToken));
            }

            var json = await StrictJson.ReadAsync(request.Body, Deepest, cancellationToken);
            return json.ValueKind == JsonValueKind.Object
                ? new(json)
                : throw OpenAIException.Invalid(string.Empty, "invalid_json", "The request body must be a JSON object.");
        }
        catch (JsonException broken)
        {
            throw OpenAIException.Invalid(string.Empty, "invalid_json", $"We could not parse the JSON body of your request: {broken.Message}");
        }
        catch (InvalidDataException broken)
        {
            throw OpenAIException.Invalid(string.Empty, "invalid_form", $"We could not parse the form of your request: {broken.Message}");
        }
    }

    /// <summary>The fields of an object that lies in the request.</summary>
    public static RequestFields Of(JsonElement json) => new(json);

    /// <summary>A JSON value; null for none, and in a form.</summary>
    public JsonElement? Element(string name) =>
        _form is null && _json.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    /// <summary>The uploaded files of that name, or of that name with <c>[]</c>.</summary>
    public IReadOnlyList<IFormFile> Files(string name) =>
        _form is null
            ? []
            : [.. _form.Files.Where(
                file => string.Equals(file.Name, name, StringComparison.Ordinal) || string.Equals(file.Name, $"{name}[]", StringComparison.Ordinal))];

    public string? Text(string name) => Form(name) ?? Element(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => throw OpenAIException.WrongType(name, "a string", InWords(other)),
    };

    public string? Choice(string name, IReadOnlyList<string> allowed) => Text(name) is not { } value ? null
        : allowed.Contains(value, StringComparer.Ordinal) ? value
        : throw OpenAIException.WrongValue(name, value, allowed);

    public bool? Truth(string name) => (Form(name), Element(name)) switch
    {
        ("true", _) or (_, { ValueKind: JsonValueKind.True }) => true,
        ("false", _) or (_, { ValueKind: JsonValueKind.False }) => false,
        ({ } text, _) => throw OpenAIException.WrongValue(name, text, ["true", "false"]),
        (null, null) => null,
        (null, { } other) => throw OpenAIException.WrongType(name, "a boolean", InWords(other)),
    };

    public long? Integer(string name, long least, long most)
    {
        if ((Form(name), Element(name)) is (null, null)) return null;
        var value = Form(name) is { } text
            ? long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : throw OpenAIException.WrongType(name, "an integer", "a string")
            : Element(name) is { ValueKind: JsonValueKind.Number } number
                ? Whole(name, number)
                : throw OpenAIException.WrongType(name, "an integer", InWords(Element(name)!.Value));
        return value < least
            ? throw OpenAIException.Invalid(
                name, "integer_below_min_value", $"Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} instead.")
            : value > most
                ? throw OpenAIException.Invalid(
                    name, "integer_above_max_value", $"Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got {value} instead.")
            : value;
    }

    /// <summary>A value's kind, as error messages name it.</summary>
    public static string InWords(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private static long Whole(string name, JsonElement number) =>
        number.TryGetInt64(out var whole) ? whole
        : number.TryGetDouble(out var value) && value == Math.Floor(value) && Math.Abs(value) < 1e15 ? (long)value
        : throw OpenAIException.WrongType(name, "an integer", "a decimal number");

    private string? Form(string name) =>
        _form?.TryGetValue(name, out var values) == true && values.Count > 0 && values[0] is { Length: > 0 } value ? value : null;
}
