using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace GenAgent.Torch.Generation.Cpu;

/// <summary>Reads a matrix of the model row by row as fp32, without copying if its type allows.</summary>
internal sealed unsafe class TensorRows : IDisposable
{
    private readonly Tensor? _own;
    private readonly void* _data;
    private readonly bool _isBFloat16;
    private readonly int _width;

    private TensorRows(Tensor tensor, bool own)
    {
        _own = own ? tensor : null;
        _isBFloat16 = tensor.dtype == ScalarType.BFloat16;
        _width = (int)tensor.shape[^1];
        _data = System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
    }

    /// <summary>The rows of a tensor of any type and device; they stay valid while the tensor's memory does.</summary>
    public static TensorRows Of(Tensor tensor)
    {
        using var noGrad = no_grad();
        if (tensor.device_type == TorchSharp.DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16 && tensor.is_contiguous())
        {
            return new TensorRows(tensor, own: false);
        }

        using var local = tensor.detach().cpu();
        return new TensorRows(local.to(ScalarType.Float32).contiguous().clone().DetachFromDisposeScope(), own: true);
    }

    /// <summary>The rows of a layer's weight, with what its adapter adds.</summary>
    public static TensorRows Of(Linear layer)
    {
        if (layer.Adapter is not { } adapter)
        {
            return Of(layer.Weight);
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var merged = layer.Weight.to(ScalarType.Float32).Plus(adapter.Delta());
        return new TensorRows(merged.cpu().contiguous().clone().DetachFromDisposeScope(), own: true);
    }

    /// <summary>All values of a vector.</summary>
    public static float[] Vector(Tensor tensor)
    {
        using var rows = Of(tensor);
        var values = new float[tensor.numel()];
        rows.Read(0, values);
        return values;
    }

    public void Read(int row, Span<float> target)
    {
        var start = (long)row * _width;
        if (!_isBFloat16)
        {
            new ReadOnlySpan<float>((float*)_data + start, target.Length).CopyTo(target);
            return;
        }

        var source = (ushort*)_data + start;
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }

    public void Dispose() => _own?.Dispose();
}
