using TorchSharp;

namespace GenAgent.Torch.Safetensors;

/// <summary>The element types that the format knows.</summary>
public enum SafetensorsType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float, 4 exponent bits, no infinities.</summary>
    F8E4M3,

    /// <summary>8-bit float, 5 exponent bits.</summary>
    F8E5M2,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>IEEE single precision.</summary>
    F32,

    /// <summary>IEEE double precision.</summary>
    F64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}

/// <summary>Names, sizes and torch types of <see cref="SafetensorsType"/>.</summary>
internal static class SafetensorsTypes
{
    private static readonly (SafetensorsType Type, string Name, int Size, torch.ScalarType Torch)[] Table =
    [
        (SafetensorsType.Bool, "BOOL", 1, torch.ScalarType.Bool),
        (SafetensorsType.U8, "U8", 1, torch.ScalarType.Byte),
        (SafetensorsType.I8, "I8", 1, torch.ScalarType.Int8),
        (SafetensorsType.F8E4M3, "F8_E4M3", 1, torch.ScalarType.Float32),
        (SafetensorsType.F8E5M2, "F8_E5M2", 1, torch.ScalarType.Float32),
        (SafetensorsType.I16, "I16", 2, torch.ScalarType.Int16),
        (SafetensorsType.U16, "U16", 2, torch.ScalarType.Int32),
        (SafetensorsType.F16, "F16", 2, torch.ScalarType.Float16),
        (SafetensorsType.BF16, "BF16", 2, torch.ScalarType.BFloat16),
        (SafetensorsType.I32, "I32", 4, torch.ScalarType.Int32),
        (SafetensorsType.U32, "U32", 4, torch.ScalarType.Int64),
        (SafetensorsType.F32, "F32", 4, torch.ScalarType.Float32),
        (SafetensorsType.F64, "F64", 8, torch.ScalarType.Float64),
        (SafetensorsType.I64, "I64", 8, torch.ScalarType.Int64),
        (SafetensorsType.U64, "U64", 8, torch.ScalarType.Int64),
    ];

    private static readonly Dictionary<string, SafetensorsType> ByName = Table.ToDictionary(row => row.Name, row => row.Type, StringComparer.Ordinal);

    public static string NameOf(SafetensorsType type) => Table[(int)type].Name;

    public static int SizeOf(SafetensorsType type) => Table[(int)type].Size;

    /// <summary>The torch type that holds every value; the wider one where torch has no such type.</summary>
    public static torch.ScalarType TorchTypeOf(SafetensorsType type) => Table[(int)type].Torch;

    public static bool TryParse(string name, out SafetensorsType type) => ByName.TryGetValue(name, out type);

    public static bool TryFromTorch(torch.ScalarType torchType, out SafetensorsType type)
    {
        foreach (var row in Table)
        {
            if (row.Torch == torchType && row.Size == SizeOfTorch(torchType))
            {
                type = row.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    private static int SizeOfTorch(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Bool or torch.ScalarType.Byte or torch.ScalarType.Int8 => 1,
        torch.ScalarType.Int16 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 => 2,
        torch.ScalarType.Int32 or torch.ScalarType.Float32 => 4,
        torch.ScalarType.Int64 or torch.ScalarType.Float64 => 8,
        _ => 0,
    };
}
