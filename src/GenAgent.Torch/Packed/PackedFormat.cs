namespace GenAgent.Torch.Packed;

/// <summary>How the numbers of a <see cref="PackedWeight"/> are kept.</summary>
internal enum PackedFormat
{
    /// <summary>8-bit floats, 4 exponent bits, no infinities.</summary>
    E4M3,

    /// <summary>8-bit floats, 5 exponent bits.</summary>
    E5M2,

    /// <summary>GGML: blocks of 32 signed bytes and a scale.</summary>
    Q8_0,

    /// <summary>GGML: blocks of 256 numbers of 4 bits, eight 6-bit scales and offsets.</summary>
    Q4_K,

    /// <summary>GGML: the same with 5 bits.</summary>
    Q5_K,

    /// <summary>GGML: blocks of 256 numbers of 6 bits, sixteen 8-bit scales.</summary>
    Q6_K,
}

/// <summary>Sizes of the formats' blocks (ggml-common.h).</summary>
/// <param name="Numbers">Numbers of a block.</param>
/// <param name="Bytes">Bytes of a block in a file.</param>
/// <param name="Heads">Half-precision factors of a block: its scale, and its offset where it has one.</param>
/// <param name="HeadsFirst">Whether these stand at the block's beginning; otherwise at its end.</param>
internal sealed record PackedLayout(int Numbers, int Bytes, int Heads, bool HeadsFirst)
{
    private static readonly PackedLayout Byte = new(1, 1, 0, HeadsFirst: true);

    /// <summary>Bytes of a block beside its factors.</summary>
    public int Codes => Bytes - (2 * Heads);

    public static PackedLayout Of(PackedFormat format) => format switch
    {
        PackedFormat.Q8_0 => new(32, 34, 1, HeadsFirst: true),
        PackedFormat.Q4_K => new(256, 144, 2, HeadsFirst: true),
        PackedFormat.Q5_K => new(256, 176, 2, HeadsFirst: true),
        PackedFormat.Q6_K => new(256, 210, 1, HeadsFirst: false),
        _ => Byte,
    };
}
