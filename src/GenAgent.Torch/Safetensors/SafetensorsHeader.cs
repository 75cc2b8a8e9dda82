using System.Text.Json;
using System.Text.Unicode;

namespace GenAgent.Torch.Safetensors;

/// <summary>The JSON part of a safetensors file, checked in full: every byte of data belongs to exactly one tensor.</summary>
/// <remarks>Source: the format's description in the safetensors repository's README, and its reference reader's checks.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The longest header that the format allows, in bytes.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>The name under which the header keeps free text.</summary>
    public const string MetadataKey = "__metadata__";

    private readonly Dictionary<string, TensorEntry> _entries = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _metadata;

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _entries;

    public IReadOnlyDictionary<string, string> Metadata => _metadata ?? [];

    /// <summary>Parses and checks a header.</summary>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataLength">How many bytes follow the header in the file.</param>
    /// <exception cref="SafetensorsException">The header breaks the format; the message names the tensor but not the file.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new SafetensorsException("The header does not begin with '{'.");
        }

        if (!Utf8.IsValid(json))
        {
            throw new SafetensorsException("The header is not valid UTF-8.");
        }

        var header = new SafetensorsHeader();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
            var found = header.ReadAll(ref reader);
            header.CheckLayout(found, dataLength);
        }
        catch (JsonException fault)
        {
            throw new SafetensorsException($"The header is not valid JSON: {Shorten(fault.Message)}", fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new SafetensorsException("The header holds an escaped lone surrogate, which is no text.", fault);
        }

        return header;
    }

    private List<TensorEntry> ReadAll(ref Utf8JsonReader reader)
    {
        var found = new List<TensorEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (string.Equals(name, MetadataKey, StringComparison.Ordinal))
            {
                ReadMetadata(ref reader);
            }
            else if (names.Add(name))
            {
                found.Add(ReadEntry(ref reader, name));
            }
            else
            {
                throw new SafetensorsException($"Two tensors are named \"{Shorten(name)}\".");
            }
        }

        // Continues reading to find anything but blanks after the closing brace.
        reader.Read();
        return found;
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (_metadata is not null)
        {
            throw new SafetensorsException($"Two {MetadataKey} objects.");
        }

        _metadata = new(StringComparer.Ordinal);

        // The reference reader takes null as none.
        if (reader.TokenType == JsonTokenType.Null) return;
        Expect(ref reader, JsonTokenType.StartObject, MetadataKey);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, $"{MetadataKey}.{Shorten(key)}");
            if (!_metadata.TryAdd(key, reader.GetString()!))
            {
                throw new SafetensorsException($"{MetadataKey} has two values for \"{Shorten(key)}\".");
            }
        }
    }

    private static TensorEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        SafetensorsType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, Shorten(name));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"u8) && type is null)
            {
                reader.Read();
                Expect(ref reader, JsonTokenType.String, $"{Shorten(name)}.dtype");
                var text = reader.GetString()!;
                type = SafetensorsTypes.TryParse(text, out var known)
                    ? known
                    : throw new SafetensorsException($"\"{Shorten(name)}\" has the unknown dtype \"{Shorten(text)}\".");
            }
            else if (reader.ValueTextEquals("shape"u8) && shape is null)
            {
                shape = ReadNumbers(ref reader, $"{Shorten(name)}.shape");
            }
            else if (reader.ValueTextEquals("data_offsets"u8) && offsets is null)
            {
                offsets = ReadNumbers(ref reader, $"{Shorten(name)}.data_offsets");
            }
            else
            {
                throw new SafetensorsException($"\"{Shorten(name)}\" has the unknown or repeated key \"{Shorten(reader.GetString()!)}\".");
            }
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
        {
            throw new SafetensorsException($"\"{Shorten(name)}\" needs dtype, shape and two data_offsets.");
        }

        if (begin > end)
        {
            throw new SafetensorsException($"\"{Shorten(name)}\" ends at byte {end}, before its begin {begin}.");
        }

        var entry = new TensorEntry(name, type.Value, shape.AsReadOnly(), begin, end - begin);
        CheckSize(entry);
        return entry;
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string where)
    {
        var numbers = new List<long>();
        reader.Read();
        Expect(ref reader, JsonTokenType.StartArray, where);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw new SafetensorsException($"{where} must be whole numbers from 0 to 2^63 - 1.");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static void CheckSize(TensorEntry entry)
    {
        // Zeros are skipped, so that the strides of an empty tensor cannot overflow either.
        var strideBytes = (Int128)SafetensorsTypes.SizeOf(entry.Type);
        foreach (var size in entry.Shape)
        {
            strideBytes *= Math.Max(1, size);
            if (strideBytes > long.MaxValue)
            {
                throw new SafetensorsException($"\"{Shorten(entry.Name)}\" has a shape that is too large for any file.");
            }
        }

        var expected = entry.Shape.Contains(0) ? 0 : (long)strideBytes;
        if (expected != entry.Length)
        {
            throw new SafetensorsException($"\"{Shorten(entry.Name)}\" has {entry.Length} bytes, where its dtype and shape need {expected}.");
        }
    }

    private void CheckLayout(List<TensorEntry> found, long dataLength)
    {
        var at = 0L;
        foreach (var entry in found.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length))
        {
            if (entry.Offset < at)
            {
                throw new SafetensorsException($"\"{Shorten(entry.Name)}\" begins at byte {entry.Offset}, inside the tensor before it, which ends at {at}.");
            }

            if (entry.Offset > at)
            {
                throw new SafetensorsException($"Bytes {at} to {entry.Offset}, before \"{Shorten(entry.Name)}\", belong to no tensor.");
            }

            if (entry.Length > dataLength - entry.Offset)
            {
                throw new SafetensorsException($"\"{Shorten(entry.Name)}\" ends at byte {entry.Offset + entry.Length} of {dataLength}: the file was cut off.");
            }

            at = entry.Offset + entry.Length;
            _entries.Add(entry.Name, entry);
        }

        if (at != dataLength)
        {
            throw new SafetensorsException($"The last {dataLength - at} bytes of the file belong to no tensor.");
        }
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string where)
    {
        if (reader.TokenType != type)
        {
            throw new SafetensorsException($"{where}: {type} expected, {reader.TokenType} found.");
        }
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : $"{text[..200]}...";
}
