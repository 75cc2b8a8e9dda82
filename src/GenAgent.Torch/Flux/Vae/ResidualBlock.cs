using GenAgent.Torch.Layers;
using static TorchSharp.torch;
using Conv2d = TorchSharp.Modules.Conv2d;
using GroupNorm = TorchSharp.Modules.GroupNorm;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>
/// Two 3x3 convolutions, each after GroupNorm and SiLU, beside a short cut: <c>[batch, in, height, width]</c> to <c>[batch, out, height, width]</c>.
/// </summary>
internal sealed class ResidualBlock : MapLayer
{
    internal const double NormEpsilon = 1e-6;

    private readonly GroupNorm _norm1;
    private readonly Conv2d _conv1;
    private readonly GroupNorm _norm2;
    private readonly Conv2d _conv2;
    private readonly Conv2d? _shortcut;

    public ResidualBlock(int inChannels, int outChannels, int groups, Device? device, ScalarType? dtype)
        : base(nameof(ResidualBlock))
    {
        _norm1 = nn.GroupNorm(groups, inChannels, eps: NormEpsilon, device: device, dtype: dtype);
        _conv1 = nn.Conv2d(inChannels, outChannels, 3, padding: 1, device: device, dtype: dtype);
        _norm2 = nn.GroupNorm(groups, outChannels, eps: NormEpsilon, device: device, dtype: dtype);
        _conv2 = nn.Conv2d(outChannels, outChannels, 3, padding: 1, device: device, dtype: dtype);
        _shortcut = inChannels == outChannels ? null : nn.Conv2d(inChannels, outChannels, 1, device: device, dtype: dtype);

        register_module("norm1", _norm1);
        register_module("conv1", _conv1);
        register_module("norm2", _norm2);
        register_module("conv2", _conv2);
        if (_shortcut is not null) register_module("conv_shortcut", _shortcut);
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = _conv1.forward(NormSilu(_norm1, input));
        hidden = _conv2.forward(NormSilu(_norm2, hidden));
        var kept = _shortcut is null ? input : _shortcut.forward(input);
        return hidden.PlusInPlace(kept).MoveToOuterDisposeScope();
    }

    internal static Tensor NormSilu(GroupNorm norm, Tensor input)
    {
        var normed = norm.forward(input);
        return nn.functional.silu(normed, inplace: !normed.requires_grad);
    }
}
