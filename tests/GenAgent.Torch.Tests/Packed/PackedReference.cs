using GenAgent.Torch.Packed;

namespace GenAgent.Torch.Tests.Packed;

/// <summary>The formats read one number at a time, as their description tells them.</summary>
internal static class PackedReference
{
    public static IEnumerable<float> Decode(PackedFormat format, byte[] bytes) => format switch
    {
        PackedFormat.E4M3 => bytes.Select(E4M3),
        PackedFormat.E5M2 => bytes.Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8))),
        PackedFormat.Q8_0 => bytes.Chunk(34).SelectMany(Q8),
        PackedFormat.Q4_K => bytes.Chunk(144).SelectMany(block => K(block, fifthBits: false)),
        PackedFormat.Q5_K => bytes.Chunk(176).SelectMany(block => K(block, fifthBits: true)),
        _ => bytes.Chunk(210).SelectMany(Q6),
    };

    private static float E4M3(byte code)
    {
        var (sign, exponent, mantissa) = ((code >> 7) == 0 ? 1f : -1f, (code >> 3) & 15, code & 7);
        return sign * (exponent == 0 ? mantissa / 512f : (1 + (mantissa / 8f)) * MathF.Pow(2, exponent - 7));
    }

    private static IEnumerable<float> Q8(byte[] block)
    {
        var d = (float)BitConverter.ToHalf(block);
        return block.Skip(2).Select(code => (sbyte)code * d);
    }

    private static float[] K(byte[] block, bool fifthBits)
    {
        var (d, least) = ((float)BitConverter.ToHalf(block), (float)BitConverter.ToHalf(block, 2));
        var scales = block[4..16];
        var high = fifthBits ? block[16..48] : [];
        var low = block[(fifthBits ? 48 : 16)..];
        var numbers = new float[256];
        for (var group = 0; group < 8; group++)
        {
            var (scale, offset) = group < 4
                ? (scales[group] & 63, scales[group + 4] & 63)
                : ((scales[group + 4] & 0xF) | ((scales[group - 4] >> 6) << 4), (scales[group + 4] >> 4) | ((scales[group] >> 6) << 4));
            for (var i = 0; i < 32; i++)
            {
                var nibbles = low[(group / 2 * 32) + i];
                var number = group % 2 == 0 ? nibbles & 0xF : nibbles >> 4;
                if (fifthBits && (high[i] & (1 << group)) != 0) number += 16;
                numbers[(group * 32) + i] = (d * scale * number) - (least * offset);
            }
        }

        return numbers;
    }

    private static float[] Q6(byte[] block)
    {
        var (low, high, scales, d) = (block[..128], block[128..192], block[192..208], (float)BitConverter.ToHalf(block, 208));
        var numbers = new float[256];
        for (var half = 0; half < 2; half++)
        {
            for (var i = 0; i < 32; i++)
            {
                var bits = high[(half * 32) + i];
                int[] four =
                [
                    (low[(half * 64) + i] & 0xF) | ((bits & 3) << 4),
                    (low[(half * 64) + i + 32] & 0xF) | (((bits >> 2) & 3) << 4),
                    (low[(half * 64) + i] >> 4) | (((bits >> 4) & 3) << 4),
                    (low[(half * 64) + i + 32] >> 4) | (((bits >> 6) & 3) << 4),
                ];
                for (var part = 0; part < 4; part++)
                {
                    var at = (half * 128) + (part * 32) + i;
                    numbers[at] = d * (sbyte)scales[at / 16] * (four[part] - 32);
                }
            }
        }

        return numbers;
    }
}
