using System.Buffers.Binary;
using System.Text.Json;

namespace GenAgent.TestKit.Golden;

/// <summary>The tensors of one recording, read without the code under test.</summary>
public sealed class GoldenTensors
{
    private readonly byte[] _bytes;
    private readonly int _origin;
    private readonly Dictionary<string, (string Type, long[] Shape, int Start, int End)> _entries = new(StringComparer.Ordinal);

    private GoldenTensors(byte[] bytes)
    {
        _bytes = bytes;
        using var json = Header(bytes, out _origin);
        foreach (var entry in json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var offsets = entry.Value.GetProperty("data_offsets");
            _entries[entry.Name] = (
                entry.Value.GetProperty("dtype").GetString()!,
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())],
                offsets[0].GetInt32(),
                offsets[1].GetInt32());
        }
    }

    /// <summary>The recorded names.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>Reads a safetensors file.</summary>
    public static GoldenTensors Load(string path) => new(File.ReadAllBytes(path));

    /// <summary>The names in a safetensors file.</summary>
    public static IReadOnlyList<string> NamesIn(string path)
    {
        using var json = Header(File.ReadAllBytes(path), out _);
        return [.. json.RootElement.EnumerateObject().Select(entry => entry.Name)];
    }

    /// <summary>Whether a tensor was recorded.</summary>
    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>Its sides.</summary>
    public long[] Shape(string name) => Entry(name).Shape;

    /// <summary>Its values, row by row.</summary>
    public float[] Floats(string name) => [.. Doubles(name).Select(value => (float)value)];

    /// <summary>Its values, row by row.</summary>
    public long[] Longs(string name) => [.. Doubles(name).Select(value => (long)value)];

    /// <summary>Its values, row by row.</summary>
    public int[] Ints(string name) => [.. Doubles(name).Select(value => (int)value)];

    private static JsonDocument Header(byte[] bytes, out int end)
    {
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        end = 8 + length;
        return JsonDocument.Parse(bytes.AsMemory(8, length));
    }

    // A test that needs what a case did not record is skipped.
    private (string Type, long[] Shape, int Start, int End) Entry(string name)
    {
        Assert.SkipUnless(_entries.ContainsKey(name), $"\"{name}\" was not recorded");
        return _entries[name];
    }

    /// <summary>Its values, row by row.</summary>
    public double[] Doubles(string name)
    {
        var (type, _, start, end) = Entry(name);
        var data = _bytes.AsSpan(_origin + start, end - start);
        var width = type switch
        {
            "F64" or "I64" => 8,
            "F32" or "I32" => 4,
            "BF16" or "F16" or "I16" => 2,
            "U8" or "I8" or "BOOL" => 1,
            _ => throw new NotSupportedException(type)
        };
        var values = new double[data.Length / width];
        for (var i = 0; i < values.Length; i++)
        {
            var at = data[(i * width)..];
            values[i] = type switch
            {
                "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
                "I64" => BinaryPrimitives.ReadInt64LittleEndian(at),
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
                "I32" => BinaryPrimitives.ReadInt32LittleEndian(at),
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                "I16" => BinaryPrimitives.ReadInt16LittleEndian(at),
                "I8" => (sbyte)at[0],
                "U8" or "BOOL" => at[0],
                _ => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
            };
        }

        return values;
    }
}
