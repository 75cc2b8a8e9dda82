using System.Text.Json;

namespace GenAgent.Server.StableDiffusionWebUi;

/// <summary>Reads the fields of a body; what is missing or null is null, what is wrong is told as FastAPI tells it.</summary>
internal readonly struct WebUiFields(JsonElement body)
{
    private readonly JsonElement _body = body;

    public bool IsSet(string name) => Find(name) is { } value && !(value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0);

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw new WebUiException(name, "Input should be a valid string"),
    };

    public long? Integer(string name, long least, long most) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) => value < least || value > most
            ? throw new WebUiException(name, $"Input is {value}, but should be from {least} to {most}")
            : value,
        _ => throw new WebUiException(name, "Input should be a valid integer"),
    };

    public double? Number(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        _ => throw new WebUiException(name, "Input should be a valid number"),
    };

    public bool? Truth(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new WebUiException(name, "Input should be a valid boolean"),
    };

    private JsonElement? Find(string name) => _body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

/// <summary>A field is wrong.</summary>
internal sealed class WebUiException(string name, string message) : Exception(message)
{
    /// <summary>Its name.</summary>
    public string Field { get; } = name;
}
