namespace GenAgent.Torch.Imaging;

/// <summary>
/// Turns an encoded image into the patches that Qwen2.5-VL's vision tower takes, equal to the reference's to the rounding of a float.
/// Immutable, and safe to call from many threads.
/// </summary>
/// <remarks>Source: transformers' image processor for Qwen2-VL with Pillow as its backend.</remarks>
public sealed class ImageProcessor
{
    private readonly float[] _levels;

    /// <summary>A processor for a checkpoint's settings.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    public ImageProcessor(ImageProcessorOptions? options = null)
    {
        Options = options ?? new ImageProcessorOptions();
        _levels = Normalized(Options);
    }

    /// <summary>The settings.</summary>
    public ImageProcessorOptions Options { get; }

    /// <summary>Number of values of one patch: channels x frames x side x side.</summary>
    public int PatchLength => RgbImage.Channels * Options.TemporalPatchSize * Options.PatchSize * Options.PatchSize;

    /// <summary>The grid of an image of this size, computed without its pixels.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <returns>Patches in time, height and width.</returns>
    /// <exception cref="ArgumentException">The aspect ratio is above 200.</exception>
    public ImageGrid GridOf(int width, int height)
    {
        var (rows, columns) = Fit(width, height);
        return new ImageGrid(1, rows / Options.PatchSize, columns / Options.PatchSize);
    }

    /// <summary>Decodes, resizes, normalises and cuts into patches.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="input">Limits, and how colours are read.</param>
    /// <returns>The patches, and their grid.</returns>
    /// <exception cref="InvalidDataException">The bytes are no readable image.</exception>
    /// <exception cref="ArgumentException">The aspect ratio is above 200.</exception>
    public ImagePatches Process(ReadOnlyMemory<byte> encoded, ImageInput input = ImageInput.File) => Process(ImageDecoder.Decode(encoded, input));

    /// <summary>Resizes, normalises and cuts into patches.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The patches, and their grid.</returns>
    /// <exception cref="ArgumentException">The aspect ratio is above 200.</exception>
    public ImagePatches Process(RgbImage image)
    {
        var (height, width) = Fit(image.Width, image.Height);
        return Cut(BicubicResampler.Resize(image, width, height));
    }

    private (int Height, int Width) Fit(int width, int height) =>
        SmartResize.Fit(height, width, Options.PatchSize * Options.MergeSize, Options.MinPixels, Options.MaxPixels);

    /// <summary>Patches go block by block of merge x merge, row by row within the block; each is (channel, frame, y, x), the one frame repeated.</summary>
    private ImagePatches Cut(RgbImage image)
    {
        var (patch, merge, frames) = (Options.PatchSize, Options.MergeSize, Options.TemporalPatchSize);
        var grid = new ImageGrid(1, image.Height / patch, image.Width / patch);
        var values = new float[checked(grid.Patches * PatchLength)];
        var at = 0;
        for (var blockRow = 0; blockRow < grid.Rows; blockRow += merge)
        {
            for (var blockColumn = 0; blockColumn < grid.Columns; blockColumn += merge)
            {
                for (var inBlock = 0; inBlock < merge * merge; inBlock++)
                {
                    var top = (blockRow + (inBlock / merge)) * patch;
                    var left = (blockColumn + (inBlock % merge)) * patch;
                    CutPatch(image, top, left, values.AsSpan(at, PatchLength), frames);
                    at += PatchLength;
                }
            }
        }

        return new ImagePatches(values, grid);
    }

    private void CutPatch(RgbImage image, int top, int left, Span<float> target, int frames)
    {
        var side = Options.PatchSize;
        var frameLength = side * side;
        for (var channel = 0; channel < RgbImage.Channels; channel++)
        {
            var levels = _levels.AsSpan(channel * 256, 256);
            var plane = target.Slice(channel * frames * frameLength, frames * frameLength);
            for (var y = 0; y < side; y++)
            {
                var from = ((((top + y) * image.Width) + left) * RgbImage.Channels) + channel;
                for (var x = 0; x < side; x++, from += RgbImage.Channels)
                {
                    plane[(y * side) + x] = levels[image.Pixels[from]];
                }
            }

            for (var frame = 1; frame < frames; frame++)
            {
                plane[..frameLength].CopyTo(plane[(frame * frameLength)..]);
            }
        }
    }

    /// <summary>A channel has only 256 levels: each is normalised once, with the reference's order of rounding.</summary>
    private static float[] Normalized(ImageProcessorOptions options)
    {
        var levels = new float[RgbImage.Channels * 256];
        for (var channel = 0; channel < RgbImage.Channels; channel++)
        {
            for (var level = 0; level < 256; level++)
            {
                var rescaled = (float)(level * options.RescaleFactor);
                levels[(channel * 256) + level] = (rescaled - (float)options.Mean[channel]) / (float)options.StandardDeviation[channel];
            }
        }

        return levels;
    }
}
