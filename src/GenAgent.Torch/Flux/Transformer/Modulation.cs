using GenAgent.Torch.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Transformer;

/// <summary>
/// How the conditioning vector modulates one sub-layer: its input is normalised, multiplied by <paramref name="Gain"/> and shifted by
/// <paramref name="Shift"/>; its output is multiplied by <paramref name="Gate"/>. Each <c>[batch, 1, hidden]</c>.
/// </summary>
internal readonly record struct Modulation(Tensor Shift, Tensor Gain, Tensor Gate)
{
    public const double NormEpsilon = 1e-6;

    private static readonly Scalar One = 1;

    /// <summary>The normalised, modulated input of the sub-layer.</summary>
    public Tensor Apply(Tensor input) => Apply(input, Shift, Gain);

    /// <summary>The normalised input times gain plus shift, for a modulation without a gate.</summary>
    public static Tensor Apply(Tensor input, Tensor shift, Tensor gain)
    {
        using var normed = nn.functional.layer_norm(input, [input.shape[^1]], null, null, NormEpsilon);
        return shift.addcmul(normed, gain, One);
    }

    /// <summary>
    /// The residual stream with the gated output of the sub-layer added; written in place where no gradient is needed, so the caller must own
    /// <paramref name="residual"/>.
    /// </summary>
    public Tensor Add(Tensor residual, Tensor output) =>
        residual.requires_grad || output.requires_grad ? residual.addcmul(Gate, output, One) : residual.addcmul_(Gate, output, One);
}

/// <summary>The linear map of one or two modulations. It only provides the parameters' names; <see cref="ModulationBank"/> computes.</summary>
internal sealed class ModulationLinear : Layer
{
    public ModulationLinear(int hidden, int vectors, Device? device, ScalarType? dtype)
        : base(nameof(ModulationLinear))
    {
        Map = new Linear(hidden, vectors * hidden, device: device, dtype: dtype);
        Vectors = vectors;
        register_module("linear", Map);
    }

    public Linear Map { get; }

    public int Vectors { get; }
}

/// <summary>
/// The modulations of all blocks, computed at once because they depend only on the conditioning vector: one matrix product instead of one per norm.
/// </summary>
internal sealed class ModulationBank(ModulationLinear[] maps, bool[] isScale) : IDisposable
{
    private readonly LinearGroup _maps = new([.. maps.Select(map => map.Map)]);
    private Tensor? _onePlus;

    /// <summary>All vectors in the maps' order, each <c>[batch, 1, hidden]</c>; scales come as gains, 1 + scale.</summary>
    public Queue<Tensor> Forward(Tensor conditioning)
    {
        using var scope = NewDisposeScope();
        var (batch, hidden) = (conditioning.shape[0], conditioning.shape[1]);
        var vectors = _maps.Forward(nn.functional.silu(conditioning)).view(batch, isScale.Length, 1, hidden);
        vectors = vectors.Plus(OnePlus(conditioning));
        return new Queue<Tensor>(vectors.unbind(1).Select(vector => vector.MoveToOuterDisposeScope()));
    }

    public void Dispose()
    {
        _maps.Dispose();
        _onePlus?.Dispose();
    }

    // Forward passes may run concurrently; a table of another type that one still uses is left to the garbage collector.
    private Tensor OnePlus(Tensor like)
    {
        if (_onePlus is { } held && IsLike(held)) return held;
        lock (_maps)
        {
            if (_onePlus is { } made && IsLike(made)) return made;
            using var noInference = inference_mode(false);
            float[] ones = [.. isScale.Select(scale => scale ? 1f : 0f)];
            return _onePlus = tensor(ones, dtype: like.dtype, device: like.device).view(1, ones.Length, 1, 1).DetachFromDisposeScope();
        }

        bool IsLike(Tensor table) => table.dtype == like.dtype && table.device_type == like.device_type && table.device_index == like.device_index;
    }
}
