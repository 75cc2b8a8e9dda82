using System.Globalization;
using SkiaSharp;

namespace GenAgent.Server.Protocols;

/// <summary>
/// The partial images that a client is sent of each sample, in the order in which they come: a preview of each of the generator's calls, where the generator
/// shows any, and each image that the agent sees.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="most">The most of a sample.</param>
/// <param name="format">The format that they are sent in.</param>
/// <param name="compression">For JPEG and WebP, in [0, 100].</param>
internal sealed class PartialImages(ProtocolRun run, int most, ImageFormat format, int compression)
{
    private readonly Dictionary<int, int> _sent = [];

    /// <summary>The partial image that an update brings; null for none.</summary>
    public async Task<PartialImage?> OfAsync(RunUpdate update)
    {
        var number = _sent.GetValueOrDefault(update.Sample);
        if (number >= most) return null;
        var (bytes, mediaType) = update switch
        {
            ImageUpdate { Image: var image } => (await run.ReadAsync(image), image.MediaType),
            PreviewUpdate when run.Preview(update.Sample) is { } preview => (preview.Data, preview.MediaType),
            _ => default,
        };

        // A preview comes from a backend as it is: one that is broken is left out.
        if (bytes.IsEmpty || SKBitmap.DecodeBounds(bytes.Span) is not { Width: > 0 } bounds) return null;
        _sent[update.Sample] = number + 1;
        return new(
            number,
            Convert.ToBase64String(format.Encode(bytes, mediaType!, compression).Span),
            string.Create(CultureInfo.InvariantCulture, $"{bounds.Width}x{bounds.Height}"));
    }
}

/// <summary>A partial image.</summary>
/// <param name="Number">Which of its sample, from 0.</param>
/// <param name="Base64">The image.</param>
/// <param name="Size">As <c>96x64</c>.</param>
internal sealed record PartialImage(int Number, string Base64, string Size);
