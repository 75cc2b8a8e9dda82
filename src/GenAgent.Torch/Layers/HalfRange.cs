using static TorchSharp.torch;

namespace GenAgent.Torch.Layers;

/// <summary>Prevents fp16 overflow as the reference does: residual streams are clamped to the type's range after a block.</summary>
internal static class HalfRange
{
    /// <summary>The largest number of fp16.</summary>
    public const double Largest = 65504;

    /// <summary>Clamps an fp16 tensor to its finite range; returns other types unchanged. Takes ownership of the tensor.</summary>
    public static Tensor Cut(Tensor values) => values.dtype == ScalarType.Float16 ? values.Within(-Largest, Largest) : values;
}
