using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>
/// The variational autoencoder between pixels and latents (diffusers' <c>AutoencoderKL</c>; parameters bear its names).
/// Weights are PyTorch's defaults until loaded or initialised. Not safe for use from several threads at once while training;
/// inference may run from any number, each in its own dispose scope.
/// </summary>
public sealed class AutoencoderKL : nn.Module<Tensor, Tensor>
{
    private readonly VaeEncoder _encoder;
    private readonly Conv2d? _quantConv;
    private readonly Conv2d? _postQuantConv;
    private readonly VaeDecoder _decoder;

    /// <summary>Builds the modules.</summary>
    /// <param name="config">The shape of the model.</param>
    /// <param name="device">The device; null for the CPU.</param>
    /// <param name="dtype">The type of the parameters; null for the default.</param>
    /// <exception cref="InvalidDataException">The config cannot be built.</exception>
    public AutoencoderKL(AutoencoderConfig config, Device? device = null, ScalarType? dtype = null)
        : base(nameof(AutoencoderKL))
    {
        ModelConfig.ThrowIfFaulty(config, "the autoencoder's config");
        Config = config;
        var moments = 2 * config.LatentChannels;
        _encoder = new VaeEncoder(config, device, dtype);
        _quantConv = config.UseQuantConv ? nn.Conv2d(moments, moments, 1, device: device, dtype: dtype) : null;
        _postQuantConv = config.UsePostQuantConv ? nn.Conv2d(config.LatentChannels, config.LatentChannels, 1, device: device, dtype: dtype) : null;
        _decoder = new VaeDecoder(config, device, dtype);

        register_module("encoder", _encoder);
        if (_quantConv is not null) register_module("quant_conv", _quantConv);
        if (_postQuantConv is not null) register_module("post_quant_conv", _postQuantConv);
        register_module("decoder", _decoder);
    }

    /// <summary>The shape that this model was built with.</summary>
    public AutoencoderConfig Config { get; }

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        // The constructor registers all parts under their published names.
    }

    /// <summary>The dtype that images and latents must have.</summary>
    public ScalarType Dtype => _decoder.LastWeight.dtype;

    /// <summary>The decoder's last weight, <c>[3, channels, 3, 3]</c>, which trainers use to balance losses.</summary>
    public Parameter LastDecoderWeight => _decoder.LastWeight;

    internal Action<string, Tensor>? EncoderProbe { set => _encoder.Probe = value; }

    internal Action<string, Tensor>? DecoderProbe { set => _decoder.Probe = value; }

    /// <summary>
    /// Image <c>[batch, 3, height, width]</c> in [-1, 1], sides multiples of <see cref="AutoencoderConfig.Downscale"/>, to its latents' distribution (not
    /// scaled).
    /// </summary>
    /// <param name="image">The image.</param>
    /// <returns>Mean and variance of the latents.</returns>
    /// <exception cref="ArgumentException">The image's shape does not fit.</exception>
    public LatentDistribution Encode(Tensor image)
    {
        RequireShape(image, Config.InChannels, Config.Downscale, "An image to encode");
        using var moments = _encoder.forward(image);
        using var mixed = _quantConv?.forward(moments);
        return new LatentDistribution(mixed ?? moments);
    }

    /// <summary>Unscaled latents <c>[batch, latent, height, width]</c> to an image <c>[batch, 3, height * scale, width * scale]</c>, not clamped.</summary>
    /// <param name="latents">The latents.</param>
    /// <returns><c>[batch, 3, height * scale, width * scale]</c>.</returns>
    /// <exception cref="ArgumentException">The latents' shape does not fit.</exception>
    public Tensor Decode(Tensor latents)
    {
        RequireShape(latents, Config.LatentChannels, 1, "Latents to decode");
        using var scope = NewDisposeScope();
        var hidden = _postQuantConv is null ? latents : _postQuantConv.forward(latents);
        return _decoder.forward(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Encodes an image and decodes the mode of its distribution, which shows the autoencoder's reconstruction error.</summary>
    /// <param name="input"><c>[batch, 3, height, width]</c> in [-1, 1].</param>
    /// <returns><c>[batch, 3, height, width]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Decode(Encode(input).Mean).MoveToOuterDisposeScope();
    }

    /// <summary>Converts the autoencoder's latents to the transformer's: <c>(z - shift) * scale</c>.</summary>
    /// <param name="latents">The latents.</param>
    /// <returns>A tensor of the same shape.</returns>
    public Tensor Scale(Tensor latents)
    {
        ArgumentNullException.ThrowIfNull(latents);
        using var shifted = latents.Minus(Config.ShiftFactor ?? 0);
        return shifted.Times(Config.ScalingFactor);
    }

    /// <summary>Converts the transformer's latents to the input of <see cref="Decode"/>: <c>z / scale + shift</c>.</summary>
    /// <param name="latents">The latents.</param>
    /// <returns>A tensor of the same shape.</returns>
    public Tensor Unscale(Tensor latents)
    {
        ArgumentNullException.ThrowIfNull(latents);
        using var unscaled = latents.Over(Config.ScalingFactor);
        return unscaled.Plus(Config.ShiftFactor ?? 0);
    }

    private static void RequireShape(Tensor tensor, int channels, int multiple, string what)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var shape = tensor.shape;
        if (shape.Length != 4 || shape[1] != channels || shape[2] % multiple != 0 || shape[3] % multiple != 0 || shape[2] * shape[3] == 0)
        {
            throw new ArgumentException(
                $"{what} must be [batch, {channels}, height, width] with sides that are multiples of {multiple}, but is [{string.Join(", ", shape)}].",
                nameof(tensor));
        }
    }
}
