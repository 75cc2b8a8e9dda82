using System.Buffers.Binary;
using System.Text;

namespace GenAgent.Torch.Tests.Gguf;

/// <summary>Writes GGUF files byte by byte.</summary>
internal sealed class RawGguf
{
    public const uint F32 = 0;
    public const uint F16 = 1;
    public const uint Q4_0 = 2;
    public const uint Q8_0 = 8;
    public const uint Q4_K = 12;

    private readonly List<(string Name, long[] Shape, uint Type, byte[] Data)> _tensors = [];
    private readonly List<(string Key, uint Type, byte[] Value)> _pairs = [];

    public RawGguf(string architecture)
    {
        _pairs.Add(("general.architecture", 8, Text(architecture)));
        _pairs.Add(("general.file_type", 4, BitConverter.GetBytes(7)));
        _pairs.Add(("tokenizer.ggml.tokens", 9, [.. BitConverter.GetBytes(8), .. BitConverter.GetBytes(2L), .. Text("a"), .. Text("b")]));
    }

    /// <summary>Adds a tensor; the shape has the outermost dimension first.</summary>
    public RawGguf Add(string name, long[] shape, uint type, byte[] data)
    {
        _tensors.Add((name, shape, type, data));
        return this;
    }

    public RawGguf Add(string name, long[] shape, float[] values) => Add(name, shape, F32, [.. values.SelectMany(BitConverter.GetBytes)]);

    /// <summary>Adds numbers as Q8_0, whose rows must be multiples of 32.</summary>
    public RawGguf AddPacked(string name, long[] shape, float[] values) => Add(name, shape, Q8_0, Pack(values));

    public byte[] ToBytes()
    {
        using var file = new MemoryStream();
        file.Write("GGUF"u8);
        file.Write(BitConverter.GetBytes(3));
        file.Write(BitConverter.GetBytes((long)_tensors.Count));
        file.Write(BitConverter.GetBytes((long)_pairs.Count));
        foreach (var (key, type, value) in _pairs) file.Write([.. Text(key), .. BitConverter.GetBytes(type), .. value]);
        var offset = 0L;
        foreach (var (name, shape, type, data) in _tensors)
        {
            file.Write(
            [
                .. Text(name),
                .. BitConverter.GetBytes(shape.Length),
                .. shape.Reverse().SelectMany(BitConverter.GetBytes),
                .. BitConverter.GetBytes(type),
                .. BitConverter.GetBytes(offset)
            ]);
            offset += (data.Length + 31) / 32 * 32;
        }

        foreach (var (_, _, _, data) in _tensors)
        {
            file.Write(new byte[(32 - (file.Length % 32)) % 32]);
            file.Write(data);
        }

        return file.ToArray();
    }

    private static byte[] Pack(float[] values) => [.. values.Chunk(32).SelectMany(block =>
    {
        var scale = block.Max(Math.Abs) / 127;
        var bytes = new byte[34];
        BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
        for (var i = 0; i < 32; i++) bytes[2 + i] = (byte)(sbyte)(scale == 0 ? 0 : MathF.Round(block[i] / scale));
        return bytes;
    })];

    private static byte[] Text(string text) => [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];
}
