using System.Globalization;
using GenAgent.Torch.Flux.Sampling;
using GenAgent.Torch.Imaging;

namespace GenAgent.Torch.Flux.Engine;

/// <summary>The values that must be equal for images to be denoised together.</summary>
internal sealed record BatchKey(int Width, int Height, int Steps, int FirstStep, bool ClassifierFree, int ReferenceWidth, int ReferenceHeight, string Loras);

/// <summary>A request with all defaults applied and all values checked.</summary>
internal sealed record ImagePlan(
    FluxImageRequest Request, BatchKey Key, double GuidanceScale, double CfgScale, RgbImage? Reference, IReadOnlyList<string> Warnings)
{
    /// <summary>Applies defaults to a request and checks it.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message says which, and the range.</exception>
    public static ImagePlan Of(FluxImageRequest request, FluxParts parts, FluxEngineOptions options)
    {
        var warnings = new List<string>();
        var multiple = parts.Autoencoder.Downscale * LatentPacking.PatchSide;
        var defaults = parts.Files.Defaults;
        var side = options.DefaultSide ?? defaults.Side ?? parts.Autoencoder.SampleSize;
        var (width, height) = (request.Width ?? side, request.Height ?? side);
        if (width < 1 || height < 1) throw new ArgumentException($"The image's size is {width} x {height}: both sides must be 1 or more.", nameof(request));
        var (fitWidth, fitHeight) = (Fit(width, multiple), Fit(height, multiple));
        if ((long)fitWidth * fitHeight > options.MaxPixels)
            throw new ArgumentException($"The image's size is {width} x {height}: at most {options.MaxPixels} pixels are painted.", nameof(request));
        if ((fitWidth, fitHeight) != (width, height))
            warnings.Add($"The size {width} x {height} was rounded to {fitWidth} x {fitHeight}: both sides must be multiples of {multiple}.");

        var embeds = parts.Transformer.GuidanceEmbeds;
        var guidance = request.GuidanceScale ?? options.DefaultGuidanceScale ?? defaults.GuidanceScale ?? (embeds ? 3.5 : 1);

        // Without an embedding the pipelines ignore the scale (FLUX.1-schnell); a folder that recommends one means classifier-free guidance.
        var isFree = !embeds && defaults.GuidanceScale is not null;
        if (!embeds && !isFree && guidance != 1)
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The guidance scale {guidance} has no effect: this model has no guidance embedding. Classifier-free guidance is true_cfg_scale."));
        var cfg = request.TrueCfgScale ?? (isFree ? guidance : 1);
        if (!(guidance >= 0) || !double.IsFinite(cfg))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The guidance scale is {guidance}: it must be 0 or more."), nameof(request));
        }
        if (request.NegativePrompt is { Length: > 0 } && cfg <= 1)
            warnings.Add("The negative prompt has no effect: it works through classifier-free guidance, whose scale (true_cfg_scale) must be above 1.");

        var steps = request.Steps ?? options.DefaultSteps ?? defaults.Steps ?? (embeds ? 28 : 4);
        if (steps is < 1 or > 1000) throw new ArgumentException($"The number of steps is {steps}: it must be 1 to 1000.", nameof(request));
        var first = request.Start is null ? 0 : FirstStep(request.Strength ?? options.DefaultStrength, steps, parts, fitWidth, fitHeight);

        var reference = request.Reference is null ? null : FitReference(request.Reference, multiple, parts.Autoencoder.SampleSize, options.MaxReferencePixels);
        var loras = string.Join('|', request.Loras.Select(lora => string.Create(CultureInfo.InvariantCulture, $"{lora.Strength:r}*{lora.Path}")));
        var key = new BatchKey(fitWidth, fitHeight, steps, first, cfg > 1, reference?.Width ?? 0, reference?.Height ?? 0, loras);
        return new ImagePlan(request, key, guidance, cfg, reference, warnings);
    }

    private static int FirstStep(double strength, int steps, FluxParts parts, int width, int height)
    {
        var first = FlowMatchSchedule.For(parts.Scheduler, steps, Tokens(parts, width, height)).FirstStep(strength);
        return first < steps
            ? first
            : throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture, $"A strength of {strength} leaves none of the {steps} steps to run: ask for more steps or more strength."),
                nameof(strength));
    }

    /// <summary>Image tokens of an image of this size.</summary>
    public static int Tokens(FluxParts parts, int width, int height)
    {
        var multiple = parts.Autoencoder.Downscale * LatentPacking.PatchSide;
        return width / multiple * (height / multiple);
    }

    private static int Fit(int side, int multiple) => Math.Max((int)Math.Round((double)side / multiple, MidpointRounding.AwayFromZero), 1) * multiple;

    // The reference pipeline scales every reference to the trained size whose shape is nearest; a smaller model has no such sizes.
    private static RgbImage FitReference(RgbImage image, int multiple, int sampleSize, long maxPixels)
    {
        if (sampleSize >= KontextSizes.Side)
        {
            var (width, height) = KontextSizes.Nearest(image.Width, image.Height);
            return ImageTensors.Resize(image, width / multiple * multiple, height / multiple * multiple);
        }

        var shrink = Math.Min(1, Math.Sqrt((double)maxPixels / ((long)image.Width * image.Height)));
        return ImageTensors.Resize(image, Fit((int)(image.Width * shrink), multiple), Fit((int)(image.Height * shrink), multiple));
    }
}
