using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>Copies raw elements into tensors: directly if torch has the type, otherwise through the next wider type.</summary>
internal static unsafe class TensorBytes
{
    private const int ChunkBytes = 1 << 22;

    internal static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(code => FromE4M3((byte)code))];
    internal static readonly float[] E5M2 = [.. Enumerable.Range(0, 256).Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];

    /// <summary>Copies all elements into a tensor of as many elements.</summary>
    public static void CopyTo(byte* source, SafetensorsType type, Tensor target)
    {
        if (target.numel() == 0)
        {
            return;
        }

        using var noGrad = no_grad();
        using var detached = target.detach();
        if (!target.is_contiguous())
        {
            using var whole = empty(target.shape, dtype: SafetensorsTypes.TorchTypeOf(type));
            CopyTo(source, type, whole);
            detached.copy_(whole).Dispose();
            return;
        }

        using var flat = detached.view(-1);
        var size = SafetensorsTypes.SizeOf(type);
        var chunk = ChunkBytes / size;
        var straight = IsStraight(type) && target.dtype == SafetensorsTypes.TorchTypeOf(type) && target.device_type == TorchSharp.DeviceType.CPU;
        for (var start = 0L; start < flat.numel(); start += chunk)
        {
            var count = (int)Math.Min(chunk, flat.numel() - start);
            var bytes = new ReadOnlySpan<byte>(source + (start * size), count * size);
            using var slice = flat.narrow(0, start, count);
            if (straight)
            {
                bytes.CopyTo(slice.bytes);
                continue;
            }

            using var staged = Stage(bytes, type, count);
            slice.copy_(staged).Dispose();
        }
    }

    // Any byte but 0 and 1 in a torch bool is undefined behaviour: those go by way of uint8.
    private static bool IsStraight(SafetensorsType type) => type is not (SafetensorsType.Bool or SafetensorsType.U16
        or SafetensorsType.U32 or SafetensorsType.U64 or SafetensorsType.F8E4M3 or SafetensorsType.F8E5M2);

    private static Tensor Stage(ReadOnlySpan<byte> bytes, SafetensorsType type, int count)
    {
        var staged = empty(count, dtype: type == SafetensorsType.Bool ? ScalarType.Byte : SafetensorsTypes.TorchTypeOf(type));
        var target = staged.bytes;
        switch (type)
        {
            case SafetensorsType.U16:
                Widen(MemoryMarshal.Cast<byte, int>(target), bytes, 2, static at => BinaryPrimitives.ReadUInt16LittleEndian(at));
                break;
            case SafetensorsType.U32:
                Widen(MemoryMarshal.Cast<byte, long>(target), bytes, 4, static at => BinaryPrimitives.ReadUInt32LittleEndian(at));
                break;
            case SafetensorsType.F8E4M3:
                Widen(MemoryMarshal.Cast<byte, float>(target), bytes, 1, static at => E4M3[at[0]]);
                break;
            case SafetensorsType.F8E5M2:
                Widen(MemoryMarshal.Cast<byte, float>(target), bytes, 1, static at => E5M2[at[0]]);
                break;
            default:
                bytes.CopyTo(target);
                break;
        }

        switch (type)
        {
            case SafetensorsType.Bool:
                using (staged)
                {
                    return staged.NotEqualTo(0);
                }

            case SafetensorsType.U64 when MemoryMarshal.Cast<byte, long>(target).ContainsAnyInRange(long.MinValue, -1):
                staged.Dispose();
                throw new SafetensorsException("A U64 tensor holds values over 2^63 - 1, which torch has no type for.");
            default:
                return staged;
        }
    }

    private delegate T Decode<T>(ReadOnlySpan<byte> at);

    private static void Widen<T>(Span<T> target, ReadOnlySpan<byte> bytes, int size, Decode<T> decode)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = decode(bytes.Slice(i * size, size));
        }
    }

    private static float FromE4M3(byte code)
    {
        var sign = (code & 0x80) == 0 ? 1f : -1f;
        var exponent = (code >> 3) & 15;
        var mantissa = code & 7;
        return (exponent, mantissa) switch
        {
            (15, 7) => float.NaN,
            (0, _) => sign * MathF.ScaleB(mantissa, -9),
            _ => sign * MathF.ScaleB(8 + mantissa, exponent - 10),
        };
    }
}
