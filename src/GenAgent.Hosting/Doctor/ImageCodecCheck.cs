using SkiaSharp;

namespace GenAgent.Hosting.Doctor;

/// <summary>Whether the native library that reads and writes images loads and works.</summary>
public sealed class ImageCodecCheck : ICheck
{
    /// <inheritdoc/>
    public string Name => "image codecs";

    /// <inheritdoc/>
    public Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        try
        {
            using var drawn = new SKBitmap(8, 8);
            drawn.Erase(SKColors.Red);
            using var png = drawn.Encode(SKEncodedImageFormat.Png, 100);
            using var read = SKBitmap.Decode(png);
            return Task.FromResult(read?.GetPixel(3, 3) == SKColors.Red
                ? Finding.Ok("libSkiaSharp writes and reads PNG")
                : Finding.Fault("libSkiaSharp does not read what it wrote", "Install genagent again: its native files do not belong together."));
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException)
        {
            return Task.FromResult(Finding.Fault(
                $"libSkiaSharp cannot be loaded: {(e.InnerException ?? e).Message}",
                "Install genagent again for this system. On Linux other than x64 and arm64, add the package SkiaSharp.NativeAssets of your system."));
        }
    }
}
