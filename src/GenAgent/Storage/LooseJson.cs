using System.Text;
using System.Text.Json;

namespace GenAgent.Storage;

/// <summary>JSON of servers, which may hold NaN and Infinity as Python writes them: they are read as null.</summary>
internal static class LooseJson
{
    /// <summary>Parses one value.</summary>
    /// <exception cref="JsonException">The bytes are no JSON; the message tells of the text as it was sent.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8);
        }
        catch (JsonException broken)
        {
            return Again(Encoding.UTF8.GetString(utf8.Span), broken);
        }
    }

    /// <inheritdoc cref="Parse(ReadOnlyMemory{byte})"/>
    public static JsonDocument Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException broken)
        {
            return Again(text, broken);
        }
    }

    /// <summary>The values of a text: one, or several without anything between them; null if it is not made of whole values.</summary>
    public static IReadOnlyList<string>? Values(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(PythonNumbers.WithoutNaN(text));
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true });
        var values = new List<string>();
        try
        {
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                if (!reader.TrySkip()) return null;
                values.Add(Encoding.UTF8.GetString(utf8.AsSpan(start, (int)reader.BytesConsumed - start)));
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return values.Count > 0 ? values : null;
    }

    private static JsonDocument Again(string text, JsonException broken)
    {
        var numbers = PythonNumbers.WithoutNaN(text);
        if (ReferenceEquals(numbers, text)) throw broken;
        try
        {
            return JsonDocument.Parse(numbers);
        }
        catch (JsonException)
        {
            throw broken;
        }
    }
}
