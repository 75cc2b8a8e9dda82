using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>What the reference does so that fp16 does not overflow: residual streams are cut to its range after a block.</summary>
internal static class HalfRange
{
    /// <summary>The largest number of fp16.</summary>
    public const double Largest = 65504;

    /// <summary>Values within the range of fp16; other types are passed through. Takes the tensor over.</summary>
    public static Tensor Cut(Tensor values) => values.dtype == ScalarType.Float16 ? values.Within(-Largest, Largest) : values;
}
