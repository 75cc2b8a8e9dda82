using GenAgent.Torch.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>
/// Latents <c>[batch, latent, height, width]</c> to an image <c>[batch, 3, height * scale, width * scale]</c>, about [-1, 1] and not clamped.
/// </summary>
internal sealed class VaeDecoder : MapLayer
{
    private readonly Conv2d _convIn;
    private readonly MiddleBlock _middle;
    private readonly ModuleList<UpBlock> _up;
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;

    public VaeDecoder(AutoencoderConfig config, Device? device, ScalarType? dtype)
        : base(nameof(VaeDecoder))
    {
        int[] widths = [.. config.BlockOutChannels.Reverse()];
        _convIn = nn.Conv2d(config.LatentChannels, widths[0], 3, padding: 1, device: device, dtype: dtype);
        _middle = new MiddleBlock(config, device, dtype);
        _up = new ModuleList<UpBlock>([.. widths.Select((width, level) => new UpBlock(
            widths[Math.Max(level - 1, 0)], width, config.LayersPerBlock + 1, config.NormNumGroups, grow: level < widths.Length - 1, device, dtype))]);
        _normOut = nn.GroupNorm(config.NormNumGroups, widths[^1], eps: ResidualBlock.NormEpsilon, device: device, dtype: dtype);
        _convOut = nn.Conv2d(widths[^1], config.OutChannels, 3, padding: 1, device: device, dtype: dtype);

        register_module("conv_in", _convIn);
        register_module("mid_block", _middle);
        register_module("up_blocks", _up);
        register_module("conv_norm_out", _normOut);
        register_module("conv_out", _convOut);
    }

    /// <summary>The last layer's weight, <c>[3, channels, 3, 3]</c>, which trainers use to balance losses.</summary>
    internal Parameter LastWeight => _convOut.weight!;

    /// <summary>Called with the name and value of each stage's output, for comparison with a reference.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = _convIn.forward(input);
        Probe?.Invoke("conv_in", hidden);
        hidden = _middle.forward(hidden);
        Probe?.Invoke("mid", hidden);
        for (var level = 0; level < _up.Count; level++)
        {
            hidden = _up[level].forward(hidden);
            Probe?.Invoke($"up{level}", hidden);
        }

        return _convOut.forward(ResidualBlock.NormSilu(_normOut, hidden)).MoveToOuterDisposeScope();
    }
}

/// <summary>The residual blocks of one resolution, then (but for the last) nearest-neighbour doubling and a convolution.</summary>
internal sealed class UpBlock : MapLayer
{
    private readonly ModuleList<ResidualBlock> _blocks;
    private readonly Upsample? _grow;

    public UpBlock(int inChannels, int outChannels, int layers, int groups, bool grow, Device? device, ScalarType? dtype)
        : base(nameof(UpBlock))
    {
        _blocks = new ModuleList<ResidualBlock>([.. Enumerable.Range(0, layers).Select(layer =>
            new ResidualBlock(layer == 0 ? inChannels : outChannels, outChannels, groups, device, dtype))]);
        register_module("resnets", _blocks);
        if (!grow) return;
        _grow = new Upsample(outChannels, device, dtype);
        register_module("upsamplers", new ModuleList<Upsample>(_grow));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        foreach (var block in _blocks) hidden = block.forward(hidden);
        return (_grow is null ? hidden : _grow.forward(hidden)).MoveToOuterDisposeScope();
    }
}

/// <summary>Doubles height and width by repeating pixels, then a 3x3 convolution.</summary>
internal sealed class Upsample : MapLayer
{
    private readonly Conv2d _conv;

    public Upsample(int channels, Device? device, ScalarType? dtype)
        : base(nameof(Upsample))
    {
        _conv = nn.Conv2d(channels, channels, 3, padding: 1, device: device, dtype: dtype);
        register_module("conv", _conv);
    }

    public override Tensor forward(Tensor input)
    {
        using var doubled = nn.functional.interpolate(input, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
        return _conv.forward(doubled);
    }
}
