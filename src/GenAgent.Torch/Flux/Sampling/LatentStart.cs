using GenAgent.Torch.Flux.Vae;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>Where an image's denoising starts.</summary>
/// <remarks>
/// Each image draws from a generator of its own, so that its noise depends on its seed and size alone: torch's CPU generator (Mersenne Twister),
/// seeded with the image's seed, standard normal fp32 values of shape <c>[1, channels, height, width]</c>. That is what diffusers draws for
/// <c>generator=torch.Generator("cpu").manual_seed(seed)</c> in fp32. An image that starts from another first draws the posterior's noise, of the same shape.
/// </remarks>
internal sealed class LatentStart : IDisposable
{
    private readonly Generator _generator;
    private readonly long[] _shape;

    /// <summary>Starts from noise with a seed.</summary>
    /// <param name="seed">Its 64 bits seed the generator.</param>
    /// <param name="channels">Latent channels.</param>
    /// <param name="height">In latents.</param>
    /// <param name="width">In latents.</param>
    public LatentStart(long seed, int channels, int height, int width)
    {
        _generator = new Generator(unchecked((ulong)seed));
        _shape = [1, channels, height, width];
    }

    /// <summary>The next noise.</summary>
    public Tensor Noise() => randn(_shape, dtype: ScalarType.Float32, generator: _generator);

    /// <summary>Pure noise, packed.</summary>
    public Tensor FromNothing()
    {
        using var noise = Noise();
        return LatentPacking.Pack(noise);
    }

    /// <summary>An image with noise added, packed: <c>sigma * noise + (1 - sigma) * image</c>.</summary>
    public Tensor FromImage(AutoencoderKL vae, LatentDistribution image, float sigma)
    {
        using var scope = NewDisposeScope();
        var posteriorNoise = Noise();
        return Mix(vae, image, posteriorNoise, Noise(), sigma).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="FromImage"/>, with noise from elsewhere.</summary>
    public static Tensor Mix(AutoencoderKL vae, LatentDistribution image, Tensor posteriorNoise, Tensor noise, float sigma)
    {
        using var scope = NewDisposeScope();
        var device = image.Mean.device;
        var latents = vae.Scale(image.Sample(posteriorNoise.to(image.Mean.dtype, device))).to(ScalarType.Float32);
        return LatentPacking.Pack(noise.to(device).Times(sigma).Plus(latents.Times(1 - sigma))).MoveToOuterDisposeScope();
    }

    public void Dispose() => _generator.Dispose();
}
