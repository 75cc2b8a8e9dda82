using System.Globalization;
using GenAgent.Models;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators;

/// <summary>
/// Typed access to additional properties of Microsoft's <see cref="ImageGenerationOptions"/>. Every generator of this project reads these keys, and ignores
/// those that it does not support.
/// </summary>
public static class ImageOptionsExtensions
{
    /// <summary>The seed that draws the first image's noise, in [0, 2^32); image i of a request uses seed + i.</summary>
    public const string SeedKey = "seed";

    /// <summary>Number of denoising steps, 1 or more.</summary>
    public const string StepsKey = "steps";

    /// <summary>Guidance scale (FLUX.1-dev's distilled guidance, or classifier-free guidance elsewhere), 0 or more.</summary>
    public const string GuidanceScaleKey = "guidance_scale";

    /// <summary>What the image should not show.</summary>
    public const string NegativePromptKey = "negative_prompt";

    /// <summary>Receives the request's progress: an <see cref="IProgress{T}"/> of <see cref="ImageProgress"/>.</summary>
    public const string ProgressKey = "progress";

    /// <summary>How far an input image may be changed, in [0, 1].</summary>
    public const string StrengthKey = "strength";

    /// <summary>Which part of the first input image may be changed: a <see cref="DataContent"/>. What its pixels mean is the backend's rule.</summary>
    public const string MaskKey = "mask";

    /// <summary>On an image: which of several generators made it.</summary>
    public const string GeneratorKey = "generator";

    /// <summary>The seed, or null if none was requested.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>0 or more, or null.</returns>
    public static long? GetSeed(this ImageGenerationOptions? options) => Read<long>(options, SeedKey);

    /// <summary>The number of denoising steps, or null for the generator's own default.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>1 or more, or null.</returns>
    public static int? GetSteps(this ImageGenerationOptions? options) => Read<int>(options, StepsKey);

    /// <summary>The guidance scale, or null for the generator's own default.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>1 or more, or null.</returns>
    public static double? GetGuidanceScale(this ImageGenerationOptions? options) => Read<double>(options, GuidanceScaleKey);

    /// <summary>The negative prompt, or null if none was given.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>The prompt, or null.</returns>
    public static string? GetNegativePrompt(this ImageGenerationOptions? options) =>
        options?.AdditionalProperties?.TryGetValue(NegativePromptKey, out var value) == true ? value?.ToString() : null;

    /// <summary>How far an input image may be changed, in [0, 1], or null for the generator's own default.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>0 changes nothing, 1 everything; or null.</returns>
    public static double? GetStrength(this ImageGenerationOptions? options) => Read<double>(options, StrengthKey);

    /// <summary>Which part of the first input image may be changed, or null for all of it.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>An image whose white parts may change, or null.</returns>
    /// <exception cref="ArgumentException">The mask is not a <see cref="DataContent"/>; ignoring it would change the whole image.</exception>
    public static DataContent? GetMask(this ImageGenerationOptions? options) => ReadObject<DataContent>(options, MaskKey, "image data, a DataContent");

    /// <summary>For generators without mask support: rejects a mask, because ignoring it would change the whole image.</summary>
    /// <param name="options">The request's options.</param>
    /// <param name="generator">The generator's name.</param>
    /// <exception cref="BackendRejectedException">There is a mask.</exception>
    public static void RefuseMask(this ImageGenerationOptions? options, string generator)
    {
        if (options.GetMask() is not null)
        {
            throw new BackendRejectedException(
                $"{generator} takes no mask, and would change the whole image: leave \"{MaskKey}\" out, or use a1111: or openai:, which take one.");
        }
    }

    /// <summary>The receiver of the request's progress, or null.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>The receiver, or null.</returns>
    /// <exception cref="ArgumentException">The value is not an <see cref="IProgress{T}"/> of <see cref="ImageProgress"/>.</exception>
    public static IProgress<ImageProgress>? GetProgress(this ImageGenerationOptions? options) =>
        ReadObject<IProgress<ImageProgress>>(options, ProgressKey, "an IProgress<ImageProgress>");

    /// <summary>The seed that drew this image, if the generator reports it; otherwise null.</summary>
    /// <param name="image">The image.</param>
    /// <returns>0 or more, or null.</returns>
    public static long? GetSeed(this AIContent image) =>
        image.AdditionalProperties?.TryGetValue(SeedKey, out var value) == true
        && long.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out var seed) ? seed : null;

    /// <summary>Sets the seed that drew this image, and returns the same image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>What was given.</returns>
    public static TContent WithSeed<TContent>(this TContent image, long seed)
        where TContent : AIContent
    {
        image.AdditionalProperties ??= [];
        image.AdditionalProperties[SeedKey] = seed;
        return image;
    }

    /// <summary>Sets the receiver of the request's progress, and returns the same options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="progress">Receives the progress; may be null.</param>
    /// <returns>The options that were given.</returns>
    public static ImageGenerationOptions WithProgress(this ImageGenerationOptions options, IProgress<ImageProgress> progress) =>
        options.With(ProgressKey, progress);

    /// <summary>Sets one of the keys of this class, and returns the same options.</summary>
    /// <param name="options">The request.</param>
    /// <param name="key">One of the keys of this class.</param>
    /// <param name="value">The value; null removes the key.</param>
    /// <returns><paramref name="options"/>.</returns>
    public static ImageGenerationOptions With(this ImageGenerationOptions options, string key, object? value)
    {
        options.AdditionalProperties ??= [];
        options.AdditionalProperties[key] = value;
        return options;
    }

    /// <summary>Sets the seed, and returns the same options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The options that were given.</returns>
    public static ImageGenerationOptions WithSeed(this ImageGenerationOptions options, long seed) => options.With(SeedKey, seed);

    private static T? ReadObject<T>(ImageGenerationOptions? options, string key, string wanted)
        where T : class
    {
        if (options?.AdditionalProperties is null || !options.AdditionalProperties.TryGetValue(key, out var value) || value is null)
        {
            return null;
        }

        return value as T ?? throw new ArgumentException($"Image option \"{key}\" is a {value.GetType().Name}, but must be {wanted}.", nameof(options));
    }

    private static T? Read<T>(ImageGenerationOptions? options, string key)
        where T : struct, IParsable<T>
    {
        if (options?.AdditionalProperties is null || !options.AdditionalProperties.TryGetValue(key, out var value) || value is null)
        {
            return null;
        }

        var text = Convert.ToString(value, CultureInfo.InvariantCulture);
        return T.TryParse(text, CultureInfo.InvariantCulture, out var parsed)
            ? parsed
            : throw new ArgumentException($"Image option \"{key}\" is \"{text}\", which is no {typeof(T).Name}.", nameof(options));
    }
}
