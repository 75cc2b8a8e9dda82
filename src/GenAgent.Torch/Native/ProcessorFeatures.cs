using System.Runtime.Intrinsics.X86;

namespace GenAgent.Torch.Native;

/// <summary>Processor features that decide the choice of a dtype.</summary>
internal static class ProcessorFeatures
{
    /// <summary>
    /// Whether the processor multiplies bfloat16 itself: AVX512_BF16 or AMX-BF16. Without it every product is converted, which is slower than fp32.
    /// </summary>
    public static bool HasBFloat16 { get; } = FindBFloat16();

    private static bool FindBFloat16()
    {
        const int Features = 7;
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < Features) return false;
        const int Avx512Bf16 = 1 << 5;
        const int AmxBf16 = 1 << 22;

        // The processor may have them while the operating system disables the registers; Avx512F.IsSupported checks both.
        return Avx512F.IsSupported && ((X86Base.CpuId(Features, 1).Eax & Avx512Bf16) != 0 || (X86Base.CpuId(Features, 0).Edx & AmxBf16) != 0);
    }
}
