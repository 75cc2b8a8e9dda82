using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace GenAgent.Storage;

/// <summary>What is wrong with JSON from a file, in words for its author; and what the serializer itself lets pass.</summary>
public static partial class JsonFaults
{
    private static readonly (Regex Pattern, string Words)[] Phrases =
    [
        (Converted(), "the value at ${path} is of the wrong kind"),
        (ConvertedSomewhere(), "the value is of the wrong kind."),
        (Required(), "it lacks ${names}."),
        (Unmapped(), "\"${name}\" is not known."),
        (Null(), "\"${name}\" must not be null."),
        (Kind(), "${wanted} is expected where ${found} stands."),
        (Range(), "a number is out of its range."),
        (Key(), "\"${name}\" is missing."),
        (Node(), "${wanted} is expected there."),
        (Cast(), "a value is of the wrong kind."),
        (Nothing(), "a value is missing."),
    ];

    /// <summary>
    /// A message of the serializer without the names of .NET types and members, and with places as editors count them, from 1. Other text is left as it is.
    /// </summary>
    /// <param name="message">The serializer's message.</param>
    /// <returns>The message for people.</returns>
    public static string InWords(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        foreach (var (pattern, words) in Phrases) message = pattern.Replace(message, words);
        return Place().Replace(message, static place =>
        {
            var path = place.Groups["path"].Value is { Length: > 0 } found ? $"{found}, " : string.Empty;
            return $" ({path}line {From1(place.Groups["line"])}, byte {From1(place.Groups["byte"])})";
        });
    }

    /// <summary>
    /// The same options for reading what may be damaged: a null, and a member that is missing, is refused where a record's constructor has no room for it.
    /// </summary>
    /// <param name="options">How records are written.</param>
    /// <returns>New options.</returns>
    public static JsonSerializerOptions Strict(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(options) { RespectNullableAnnotations = true, TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver())
            .WithAddedModifier(Require) };
    }

    // What is left out when it is null stays so; members that were added later have defaults.
    private static void Require(JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
        {
            if (member.AssociatedParameter is { HasDefaultValue: false, IsNullable: false } && !member.PropertyType.IsValueType) member.IsRequired = true;
        }
    }

    /// <summary>Refuses a null in a list, which nullable annotations do not speak of: no list that is read from a file has a meaning for it.</summary>
    /// <param name="json">One JSON value, UTF-8.</param>
    /// <exception cref="JsonException">A list holds a null, or the text is no JSON.</exception>
    public static void RequireNoNullInLists(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 128 });
        var lists = new Stack<bool>();
        var isValue = false;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    lists.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    lists.Pop();
                    break;
                case JsonTokenType.Null when !isValue && lists.TryPeek(out var isList) && isList:
                    throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"a list holds null at byte {reader.TokenStartIndex + 1}"));
            }

            isValue = reader.TokenType == JsonTokenType.PropertyName;
        }
    }

    private static string From1(Group number) => (long.Parse(number.Value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"The JSON value could not be converted to [^ ]+\. Path: (?<path>\S+)", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Converted();

    [GeneratedRegex(@"The JSON value could not be converted to [^ ]+\.(?! Path:)", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex ConvertedSomewhere();

    [GeneratedRegex(@"JSON deserialization for type '[^']*' was missing required properties including: (?<names>[^.]*)\.",
        RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Required();

    [GeneratedRegex(@"The JSON property '(?<name>[^']*)' could not be mapped to any \.NET member contained in type '[^']*'\.", RegexOptions.ExplicitCapture,
        Timeout.Infinite)]
    private static partial Regex Unmapped();

    [GeneratedRegex(@"The (constructor parameter|property or field) '(?<name>[^']*)' on type '[^']*' doesn't allow [^.]*null values\."
        + @"( Consider updating its nullability annotation\.)?",
        RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Null();

    [GeneratedRegex(@"The requested operation requires an element of type '(?<wanted>\w+)', but the target element has type '(?<found>\w+)'\.",
        RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Kind();

    [GeneratedRegex(@"One of the identified items was in an invalid format\."
        + @"|Either the JSON value is not in a supported format, or is out of bounds for an? \w+\.",
        RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Range();

    [GeneratedRegex(@"The given key '(?<name>[^']*)' was not present in the dictionary\.", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Key();

    [GeneratedRegex(@"The node must be of type '(?<wanted>\w+)'\.", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Node();

    [GeneratedRegex(@"An element of type '\w+' cannot be converted to an? '[^']*'\.|A value of type '[^']*' cannot be converted to an? '[^']*'\."
        + @"|The element cannot be an object or array\.",
        RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Cast();

    [GeneratedRegex(@"Value cannot be null\.|Object reference not set to an instance of an object\.", RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Nothing();

    [GeneratedRegex(@"\.?( Path: (?<path>\S+) \|)? \|? ?LineNumber: (?<line>\d+) \| BytePositionInLine: (?<byte>\d+)\.",
        RegexOptions.ExplicitCapture, Timeout.Infinite)]
    private static partial Regex Place();
}
