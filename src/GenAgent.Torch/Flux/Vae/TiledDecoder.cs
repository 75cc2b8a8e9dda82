using static TorchSharp.torch;

namespace GenAgent.Torch.Flux.Vae;

/// <summary>
/// Decodes large latents in overlapping tiles, so that memory grows with the tile and not with the image. Neighbours are blended linearly over their overlap.
/// Normalisation and attention see one tile at a time, so the result differs slightly from an untiled decode.
/// </summary>
/// <param name="tile">Side of a tile in latents; latents that fit into one are decoded whole.</param>
/// <param name="overlap">Latents that neighbouring tiles share, below half a tile.</param>
public sealed class TiledDecoder(int tile, int overlap)
{
    /// <summary>Side of a tile in latents.</summary>
    public int Tile { get; } = tile >= 2 ? tile : throw new ArgumentOutOfRangeException(nameof(tile), tile, "A tile's side is 2 latents or more.");

    /// <summary>Latents that neighbouring tiles share.</summary>
    public int Overlap { get; } = overlap >= 1 && overlap * 2 <= tile
        ? overlap
        : throw new ArgumentOutOfRangeException(nameof(overlap), overlap, "The overlap is 1 latent to half a tile.");

    /// <summary>As <see cref="AutoencoderKL.Decode"/>.</summary>
    /// <param name="vae">The autoencoder.</param>
    /// <param name="latents"><c>[batch, latent, height, width]</c>, unscaled.</param>
    /// <returns><c>[batch, 3, height * scale, width * scale]</c>.</returns>
    public Tensor Decode(AutoencoderKL vae, Tensor latents)
    {
        ArgumentNullException.ThrowIfNull(vae);
        ArgumentNullException.ThrowIfNull(latents);
        var (batch, height, width) = (latents.shape[0], (int)latents.shape[2], (int)latents.shape[3]);
        if (height <= Tile && width <= Tile) return vae.Decode(latents);

        using var scope = NewDisposeScope();
        var scale = vae.Config.Downscale;
        var sum = zeros([batch, vae.Config.OutChannels, height * scale, width * scale], dtype: latents.dtype, device: latents.device);
        var weight = zeros([1, 1, height * scale, width * scale], dtype: latents.dtype, device: latents.device);
        foreach (var top in Starts(height))
        {
            foreach (var left in Starts(width))
            {
                using var inner = NewDisposeScope();
                var (rows, columns) = (Math.Min(Tile, height), Math.Min(Tile, width));
                var decoded = vae.Decode(latents.narrow(2, top, rows).narrow(3, left, columns));
                var ramp = Ramp(rows, top, height, scale, latents).unsqueeze(1) * Ramp(columns, left, width, scale, latents).unsqueeze(0);
                sum.narrow(2, top * scale, rows * scale).narrow(3, left * scale, columns * scale).PlusInPlace(decoded * ramp);
                weight.narrow(2, top * scale, rows * scale).narrow(3, left * scale, columns * scale).PlusInPlace(ramp);
            }
        }

        return (sum / weight).MoveToOuterDisposeScope();
    }

    private IEnumerable<int> Starts(int length)
    {
        for (var start = 0; ; start += Tile - Overlap)
        {
            if (start + Tile >= length)
            {
                yield return Math.Max(length - Tile, 0);
                yield break;
            }

            yield return start;
        }
    }

    /// <summary>Rises over one overlap and falls over the next, except at the image's borders.</summary>
    private Tensor Ramp(int latents, int start, int length, int scale, Tensor like)
    {
        var pixels = new float[latents * scale];
        var slope = Overlap * scale;
        for (var pixel = 0; pixel < pixels.Length; pixel++)
        {
            var fromStart = start == 0 ? 1f : (pixel + 1f) / (slope + 1);
            var fromEnd = start + latents == length ? 1f : (pixels.Length - pixel) / (slope + 1f);
            pixels[pixel] = Math.Min(1, Math.Min(fromStart, fromEnd));
        }

        return tensor(pixels, dtype: like.dtype, device: like.device);
    }
}
