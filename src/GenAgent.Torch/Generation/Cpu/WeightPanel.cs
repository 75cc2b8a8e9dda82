using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>How 16 neighbouring outputs' weights for one input are stored, and made two vectors of fp32.</summary>
internal unsafe interface IWeightPanel
{
    /// <summary>Bytes for 16 weights.</summary>
    static abstract int Stride { get; }

    /// <summary>Stores 16 weights.</summary>
    static abstract void Store(byte* at, ReadOnlySpan<float> weights);

    /// <summary>Loads 16 weights: the first eight and the last eight.</summary>
    static abstract void Load(byte* at, out Vector256<float> low, out Vector256<float> high);
}

/// <summary>Weights in fp32.</summary>
internal readonly unsafe struct Float32Panel : IWeightPanel
{
    public static int Stride => WeightMatrix.PanelWidth * sizeof(float);

    public static void Store(byte* at, ReadOnlySpan<float> weights) => weights.CopyTo(new Span<float>(at, WeightMatrix.PanelWidth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* at, out Vector256<float> low, out Vector256<float> high)
    {
        low = Vector256.Load((float*)at);
        high = Vector256.Load((float*)at + Vector256<float>.Count);
    }
}

/// <summary>
/// Weights in bf16, the upper half of an fp32. Weight i stands in the lower and weight i + 8 in the upper half of word i,
/// so that one shift and one mask give both vectors.
/// </summary>
internal readonly unsafe struct BFloat16Panel : IWeightPanel
{
    public static int Stride => WeightMatrix.PanelWidth * sizeof(ushort);

    public static void Store(byte* at, ReadOnlySpan<float> weights)
    {
        for (var i = 0; i < Vector256<uint>.Count; i++)
        {
            ((uint*)at)[i] = Round(weights[i]) | (Round(weights[i + Vector256<uint>.Count]) << 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte* at, out Vector256<float> low, out Vector256<float> high)
    {
        var words = Vector256.Load((uint*)at);
        low = Vector256.ShiftLeft(words, 16).AsSingle();
        high = (words & Vector256.Create(0xFFFF0000u)).AsSingle();
    }

    /// <summary>The nearest bf16, ties to even.</summary>
    private static uint Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? 0x7FC0u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
    }
}
