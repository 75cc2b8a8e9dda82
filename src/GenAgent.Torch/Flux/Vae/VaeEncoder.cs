using GenAgent.Torch.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>
/// Image <c>[batch, 3, height, width]</c> in [-1, 1] to the moments of its latents, <c>[batch, 2 * latent, height / scale, width / scale]</c>: mean first,
/// then log-variance.
/// </summary>
internal sealed class VaeEncoder : MapLayer
{
    private readonly Conv2d _convIn;
    private readonly ModuleList<DownBlock> _down;
    private readonly MiddleBlock _middle;
    private readonly GroupNorm _normOut;
    private readonly Conv2d _convOut;

    public VaeEncoder(AutoencoderConfig config, Device? device, ScalarType? dtype)
        : base(nameof(VaeEncoder))
    {
        var widths = config.BlockOutChannels;
        _convIn = nn.Conv2d(config.InChannels, widths[0], 3, padding: 1, device: device, dtype: dtype);
        _down = new ModuleList<DownBlock>([.. widths.Select((width, level) => new DownBlock(
            widths[Math.Max(level - 1, 0)], width, config.LayersPerBlock, config.NormNumGroups, halve: level < widths.Count - 1, device, dtype))]);
        _middle = new MiddleBlock(config, device, dtype);
        _normOut = nn.GroupNorm(config.NormNumGroups, widths[^1], eps: ResidualBlock.NormEpsilon, device: device, dtype: dtype);
        _convOut = nn.Conv2d(widths[^1], 2 * config.LatentChannels, 3, padding: 1, device: device, dtype: dtype);

        register_module("conv_in", _convIn);
        register_module("down_blocks", _down);
        register_module("mid_block", _middle);
        register_module("conv_norm_out", _normOut);
        register_module("conv_out", _convOut);
    }

    /// <summary>Called with the name and value of each stage's output, for comparison with a reference.</summary>
    internal Action<string, Tensor>? Probe { get; set; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = _convIn.forward(input);
        Probe?.Invoke("conv_in", hidden);
        for (var level = 0; level < _down.Count; level++)
        {
            hidden = _down[level].forward(hidden);
            Probe?.Invoke($"down{level}", hidden);
        }

        hidden = _middle.forward(hidden);
        Probe?.Invoke("mid", hidden);
        return _convOut.forward(ResidualBlock.NormSilu(_normOut, hidden)).MoveToOuterDisposeScope();
    }
}

/// <summary>The residual blocks of one resolution, then (but for the last) a convolution that halves height and width.</summary>
internal sealed class DownBlock : MapLayer
{
    private readonly ModuleList<ResidualBlock> _blocks;
    private readonly Downsample? _halve;

    public DownBlock(int inChannels, int outChannels, int layers, int groups, bool halve, Device? device, ScalarType? dtype)
        : base(nameof(DownBlock))
    {
        _blocks = new ModuleList<ResidualBlock>([.. Enumerable.Range(0, layers).Select(layer =>
            new ResidualBlock(layer == 0 ? inChannels : outChannels, outChannels, groups, device, dtype))]);
        register_module("resnets", _blocks);
        if (!halve) return;
        _halve = new Downsample(outChannels, device, dtype);
        register_module("downsamplers", new ModuleList<Downsample>(_halve));
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = input;
        foreach (var block in _blocks) hidden = block.forward(hidden);
        return (_halve is null ? hidden : _halve.forward(hidden)).MoveToOuterDisposeScope();
    }
}

/// <summary>A convolution of stride 2, padded with one row and column of zeros at the bottom and right only.</summary>
internal sealed class Downsample : MapLayer
{
    private readonly Conv2d _conv;

    public Downsample(int channels, Device? device, ScalarType? dtype)
        : base(nameof(Downsample))
    {
        _conv = nn.Conv2d(channels, channels, 3, stride: 2, device: device, dtype: dtype);
        register_module("conv", _conv);
    }

    public override Tensor forward(Tensor input)
    {
        using var padded = nn.functional.pad(input, (0L, 1L, 0L, 1L), PaddingModes.Constant, 0);
        return _conv.forward(padded);
    }
}
