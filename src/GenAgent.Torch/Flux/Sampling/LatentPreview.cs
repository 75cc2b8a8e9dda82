using GenAgent.Torch.Flux.Vae;
using GenAgent.Torch.Imaging;
using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Sampling;

/// <summary>
/// A small picture of unfinished latents, one pixel each, without decoding them: an affine map from latent to colour,
/// fitted once to what the autoencoder makes of plain colours. Owns its tensors.
/// </summary>
internal sealed class LatentPreview : IDisposable
{
    private const int Levels = 4;
    private const double Ridge = 1e-3;

    private readonly Tensor _map;

    private LatentPreview(Tensor map) => _map = map;

    /// <summary>Fits the map to an autoencoder; encodes 64 tiny images.</summary>
    public static LatentPreview Fit(AutoencoderKL vae, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        float[] level = [.. Enumerable.Range(0, Levels).Select(step => (2f * step / (Levels - 1)) - 1)];
        float[] palette = [.. level.SelectMany(red => level.SelectMany(green => level.SelectMany(blue => new[] { red, green, blue })))];
        var colours = tensor(palette).view(-1, 3);
        var side = vae.Config.Downscale * 4;
        var images = colours.view(-1, 3, 1, 1).expand(-1, 3, side, side).contiguous().to(dtype, device);
        var latents = vae.Scale(vae.Encode(images).Mean).mean([2, 3]).to(ScalarType.Float64).cpu();

        // Ridge regression, because the latents of plain colours span few directions.
        var inputs = cat([latents, ones([latents.shape[0], 1], dtype: ScalarType.Float64)], 1);
        var square = inputs.t().mm(inputs).Plus(eye(inputs.shape[1], dtype: ScalarType.Float64).Times(Ridge * inputs.shape[0]));
        var map = linalg.solve(square, inputs.t().mm(colours.to(ScalarType.Float64)));
        return new LatentPreview(map.to(ScalarType.Float32).DetachFromDisposeScope());
    }

    /// <summary>The picture of one image's scaled latents, <c>[channels, height, width]</c>.</summary>
    public RgbImage Render(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var (channels, height, width) = (latents.shape[0], latents.shape[1], latents.shape[2]);
        var features = latents.to(ScalarType.Float32).cpu().view(channels, -1).t();
        var colours = features.mm(_map.narrow(0, 0, channels)).Plus(_map.narrow(0, channels, 1));
        return ImageTensors.ToImage(colours.t().view(3, height, width));
    }

    public void Dispose() => _map.Dispose();
}
