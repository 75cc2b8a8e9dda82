using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>The innermost resolution: a residual block, attention over all pixels (where the config has it), a residual block; shape is kept.</summary>
internal sealed class MiddleBlock : MapLayer
{
    private readonly ResidualBlock _first;
    private readonly PixelAttention? _attention;
    private readonly ResidualBlock _second;

    public MiddleBlock(AutoencoderConfig config, Device? device, ScalarType? dtype)
        : base(nameof(MiddleBlock))
    {
        var channels = config.BlockOutChannels[^1];
        _first = new ResidualBlock(channels, channels, config.NormNumGroups, device, dtype);
        _attention = config.MidBlockAddAttention ? new PixelAttention(channels, config.NormNumGroups, device, dtype) : null;
        _second = new ResidualBlock(channels, channels, config.NormNumGroups, device, dtype);

        register_module("resnets", new ModuleList<ResidualBlock>(_first, _second));
        if (_attention is not null) register_module("attentions", new ModuleList<PixelAttention>(_attention));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = _first.forward(input);
        hidden = _attention is null ? hidden : _attention.forward(hidden);
        return _second.forward(hidden).MoveToOuterDisposeScope();
    }
}
