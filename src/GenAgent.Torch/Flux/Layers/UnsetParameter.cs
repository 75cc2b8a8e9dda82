using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Layers;

/// <summary>Makes parameters without values.</summary>
internal static class UnsetParameter
{
    /// <summary>A trainable parameter of the given shape that lives as long as its module, whatever dispose scope it is made in.</summary>
    public static Parameter Of(Device? device, ScalarType? dtype, params long[] shape) => LastingParameter.Of(empty(shape, dtype: dtype, device: device));
}
