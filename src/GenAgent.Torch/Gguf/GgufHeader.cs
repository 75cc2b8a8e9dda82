using System.Buffers.Binary;
using System.Text;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Gguf;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Entry">Name, type and shape (outermost first, as torch has it), and where its bytes begin in the file.</param>
/// <param name="Type">How its numbers are kept.</param>
internal sealed record GgufTensor(TensorEntry Entry, GgufType Type);

/// <summary>What a GGUF file says before its data, checked against the file's length. Source: the format's description, ggml's docs/gguf.md.</summary>
internal ref struct GgufHeader
{
    private const uint Magic = 0x46554747;
    private const int MostTensors = 1 << 20;
    private const int MostDimensions = 4;
    private const int LongestName = 1 << 16;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _fileLength;
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private int _at;
    private long _alignment = 32;

    private GgufHeader(ReadOnlySpan<byte> bytes, long fileLength)
    {
        _bytes = bytes;
        _fileLength = fileLength;
    }

    /// <summary>Reads the header.</summary>
    /// <param name="bytes">The file's beginning, as much as a header may have.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <exception cref="SafetensorsException">The file breaks the format; the message does not name it.</exception>
    public static (Dictionary<string, GgufTensor> Tensors, Dictionary<string, string> Texts) Read(ReadOnlySpan<byte> bytes, long fileLength)
    {
        var header = new GgufHeader(bytes, fileLength);
        return (header.ReadTensors(), header._texts);
    }

    private Dictionary<string, GgufTensor> ReadTensors()
    {
        if (_bytes.Length < 24 || UInt() != Magic) throw new SafetensorsException("This is no GGUF file.");
        if (UInt() is var version and not (2 or 3)) throw new SafetensorsException($"This is version {version} of GGUF; 2 and 3 are read.");
        var (tensors, pairs) = (Count(MostTensors, "tensors"), Count(MostTensors, "metadata"));
        for (var i = 0L; i < pairs; i++)
        {
            var key = Text();
            var type = UInt();
            if (key is "general.alignment" && type == 4) _alignment = UInt();
            else if (type == 8 && key.StartsWith("general.", StringComparison.Ordinal)) _texts[key] = Text();
            else Skip(type, depth: 0);
        }

        if (_alignment is < 1 or > 1 << 20) throw new SafetensorsException($"\"general.alignment\" is {_alignment}.");
        var found = new List<(string Name, long[] Shape, GgufType Type, long Offset)>();
        for (var i = 0L; i < tensors; i++) found.Add(Info());
        var start = (_at + _alignment - 1) / _alignment * _alignment;
        var all = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        foreach (var (name, shape, type, offset) in found)
        {
            var elements = shape.Aggregate(1L, (product, side) => checked(product * side));
            var length = checked(type.RowBytes(shape[^1], name) * (elements / shape[^1]));
            if (offset % _alignment != 0 || offset < 0 || start + offset > _fileLength - length)
                throw new SafetensorsException($"\"{name}\" lies outside of the file ({_fileLength} bytes): the file was cut off.");
            var entry = new TensorEntry(name, type.Wide, shape, start + offset, elements * SafetensorsTypes.SizeOf(type.Wide));
            if (!all.TryAdd(name, new GgufTensor(entry, type))) throw new SafetensorsException($"Two tensors are named \"{name}\".");
        }

        return all;
    }

    private (string Name, long[] Shape, GgufType Type, long Offset) Info()
    {
        var name = Text();
        var dimensions = UInt();
        if (dimensions is < 1 or > MostDimensions) throw new SafetensorsException($"\"{name}\" has {dimensions} dimensions.");
        var shape = new long[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            // GGML counts from the innermost.
            var side = Long();
            if (side is < 1 or >= 1L << 40) throw new SafetensorsException($"\"{name}\" has a dimension of {side}.");
            shape[dimensions - 1 - i] = side;
        }

        return (name, shape, GgufType.Of(UInt(), name), Long());
    }

    private void Skip(uint type, int depth)
    {
        switch (type)
        {
            case 0 or 1 or 7: Take(1); break;
            case 2 or 3: Take(2); break;
            case 4 or 5 or 6: Take(4); break;
            case 10 or 11 or 12: Take(8); break;
            case 8: Take(Length()); break;
            case 9 when depth == 0:
                var (item, count) = (UInt(), Long());
                if (count < 0 || count > _bytes.Length) throw new SafetensorsException($"A list of {count} values does not fit into the file.");
                for (var i = 0L; i < count; i++) Skip(item, depth + 1);
                break;
            default: throw new SafetensorsException($"A value is of the unknown type {type}.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at) throw new SafetensorsException("The header goes past the end of the file: the file was cut off.");
        var taken = _bytes.Slice(_at, count);
        _at += count;
        return taken;
    }

    private uint UInt() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    private long Count(long most, string what) =>
        Long() is var count && count >= 0 && count <= most ? count : throw new SafetensorsException($"The file claims {count} {what}.");

    private int Length() =>
        Long() is var length && length >= 0 && length <= _bytes.Length
            ? (int)length
            : throw new SafetensorsException($"A text of {length} bytes does not fit into the file.");

    private string Text() =>
        Length() is var length && length <= LongestName ? Encoding.UTF8.GetString(Take(length)) : throw new SafetensorsException($"A name has {length} bytes.");
}
