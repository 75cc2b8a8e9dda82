using System.Text.Json;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>A part of a JSON file that knows its path, for error messages.</summary>
internal readonly struct JsonSection
{
    private const long MaxFileLength = 256 << 20;

    // Built only for an error: a vocabulary has a hundred thousand members.
    private readonly string _parent;
    private readonly string? _name;
    private readonly int _index;

    private JsonSection(JsonElement element, string parent, string? name = null, int index = -1)
    {
        Element = element;
        _parent = parent;
        _name = name;
        _index = index;
    }

    public JsonElement Element { get; }

    public bool IsNull => Element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>Reads a JSON file whose root is an object.</summary>
    /// <exception cref="InvalidDataException">The file is no JSON object.</exception>
    public static JsonSection Read(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MaxFileLength)
        {
            throw new InvalidDataException($"{path}: {length} bytes are too many for a tokenizer file.");
        }

        return Parse(ModelFile.ReadJson(path), path);
    }

    /// <summary>Parses a file's content that was read already.</summary>
    /// <exception cref="InvalidDataException">The bytes are no JSON object.</exception>
    public static JsonSection Parse(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            var bytes = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 64 });
            var section = new JsonSection(document.RootElement.Clone(), path);
            return section.Expect(JsonValueKind.Object);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: not a valid JSON file. {Excerpt(fault.Message)}", fault);
        }
    }

    private string Where => (_name, _index) switch
    {
        ({ } name, _) => $"{_parent}: {Excerpt(name)}",
        (_, >= 0) => $"{_parent}[{_index}]",
        _ => _parent,
    };

    public InvalidDataException Fault(string problem) => new($"{Where}: {Excerpt(problem)}");

    /// <summary>A member of an object; a null section where it is absent.</summary>
    public JsonSection this[string name]
    {
        get
        {
            try
            {
                return Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(name, out var member)
                    ? new JsonSection(member, Where, name)
                    : new JsonSection(default, Where, name);
            }
            catch (InvalidOperationException fault)
            {
                throw new InvalidDataException($"{Where}: a name holds half a character.", fault);
            }
        }
    }

    public JsonSection Expect(JsonValueKind kind) =>
        Element.ValueKind == kind
            ? this
            : throw Fault($"{kind} expected, {(Element.ValueKind == JsonValueKind.Undefined ? "nothing" : Element.ValueKind)} found.");

    public string Text()
    {
        Expect(JsonValueKind.String);
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException fault)
        {
            throw new InvalidDataException($"{Where}: the text holds half a character.", fault);
        }
    }

    public string TextOr(string fallback) => IsNull ? fallback : Text();

    public int Int() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var number) && number is >= 0 and < int.MaxValue
            ? number
            : throw Fault("a whole number from 0 to 2^31 - 2 expected.");

    public double Double() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetDouble(out var number) ? number : throw Fault("a number expected.");

    public bool BoolOr(bool fallback) => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ when IsNull => fallback,
        _ => throw Fault("true or false expected."),
    };

    public IEnumerable<JsonSection> Items()
    {
        Expect(JsonValueKind.Array);
        var where = Where;
        return Element.EnumerateArray().Select((item, i) => new JsonSection(item, where, index: i));
    }

    public IEnumerable<(string Name, JsonSection Value)> Members()
    {
        Expect(JsonValueKind.Object);
        var where = Where;
        foreach (var member in Element.EnumerateObject())
        {
            var name = NameOf(member, where);
            yield return (name, new JsonSection(member.Value, where, name));
        }
    }

    // In a damaged file a name may be half of the file.
    private static string Excerpt(string text) => text.Length <= 400 ? text : $"{text[..400]}...";

    private static string NameOf(JsonProperty member, string where)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException fault)
        {
            throw new InvalidDataException($"{where}: a name holds half a character.", fault);
        }
    }
}
