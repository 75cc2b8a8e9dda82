using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch;

/// <summary>Makes parameters that live as long as their module, whatever dispose scope they are made in.</summary>
internal static class LastingParameter
{
    private static long _made;

    /// <summary>
    /// Parameters made so far. Each leaves one tensor in <see cref="Tensor.TotalCount"/> for good, as TorchSharp goes on counting a tensor whose memory was
    /// taken over.
    /// </summary>
    public static long Made => Interlocked.Read(ref _made);

    /// <summary>A trainable parameter that takes the tensor over.</summary>
    public static Parameter Of(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        Interlocked.Increment(ref _made);
        return parameter;
    }

    /// <summary>A trainable parameter of the given shape whose values are unset.</summary>
    public static Parameter Unset(Device? device, ScalarType? dtype, params long[] shape) => Of(empty(shape, dtype: dtype, device: device));
}
