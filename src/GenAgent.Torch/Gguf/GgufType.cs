using GenAgent.Torch.Packed;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Torch.Gguf;

/// <summary>The element types of GGUF (ggml.h) that are read: wide ones as safetensors has them, and packed ones.</summary>
/// <param name="Wide">The type on disk; for packed numbers, the one that they are described as.</param>
/// <param name="Packed">How numbers are packed; null for wide ones.</param>
internal sealed record GgufType(SafetensorsType Wide, PackedFormat? Packed)
{
    private static readonly Dictionary<uint, GgufType> Known = new()
    {
        [0] = new(SafetensorsType.F32, null),
        [1] = new(SafetensorsType.F16, null),
        [8] = new(SafetensorsType.F16, PackedFormat.Q8_0),
        [12] = new(SafetensorsType.F16, PackedFormat.Q4_K),
        [13] = new(SafetensorsType.F16, PackedFormat.Q5_K),
        [14] = new(SafetensorsType.F16, PackedFormat.Q6_K),
        [30] = new(SafetensorsType.BF16, null),
    };

    private static readonly Dictionary<uint, string> Others = new()
    {
        [2] = "Q4_0", [3] = "Q4_1", [6] = "Q5_0", [7] = "Q5_1", [9] = "Q8_1", [10] = "Q2_K", [11] = "Q3_K", [15] = "Q8_K", [16] = "IQ2_XXS", [17] = "IQ2_XS",
        [18] = "IQ3_XXS", [19] = "IQ1_S", [20] = "IQ4_NL",
        [21] = "IQ3_S", [22] = "IQ2_S", [23] = "IQ4_XS", [24] = "I8", [25] = "I16", [26] = "I32", [27] = "I64", [28] = "F64", [29] = "IQ1_M", [34] = "TQ1_0",
        [35] = "TQ2_0", [39] = "MXFP4",
    };

    /// <summary>The type of this number.</summary>
    /// <exception cref="SafetensorsException">It is not read; the message names it.</exception>
    public static GgufType Of(uint number, string tensor) => Known.GetValueOrDefault(number)
        ?? throw new SafetensorsException(
            $"\"{tensor}\" is of type {Others.GetValueOrDefault(number, $"number {number}")}; F32, F16, BF16, Q8_0, Q4_K, Q5_K and Q6_K are read: take "
                + "another file of this model.");

    /// <summary>Bytes of a row.</summary>
    /// <exception cref="SafetensorsException">The row is no whole number of blocks.</exception>
    public long RowBytes(long columns, string tensor)
    {
        if (Packed is not { } format) return checked(columns * SafetensorsTypes.SizeOf(Wide));
        var layout = PackedLayout.Of(format);
        return columns % layout.Numbers == 0
            ? checked(columns / layout.Numbers * layout.Bytes)
            : throw new SafetensorsException($"\"{tensor}\" has rows of {columns} numbers, which are no whole blocks of {layout.Numbers} ({format}).");
    }
}
