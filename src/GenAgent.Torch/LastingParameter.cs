using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch;

/// <summary>Makes parameters that live as long as their module, whatever dispose scope they are made in.</summary>
internal static class LastingParameter
{
    /// <summary>A trainable parameter that takes the tensor over.</summary>
    public static Parameter Of(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
