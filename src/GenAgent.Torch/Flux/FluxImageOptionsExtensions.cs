using System.Globalization;
using GenAgent.Generators;
using GenAgent.Torch.Flux.Engine;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Flux;

/// <summary>What a <see cref="FluxImageGenerator"/> reads beside the keys of <see cref="ImageOptionsExtensions"/>.</summary>
public static class FluxImageOptionsExtensions
{
    /// <summary>Scale of classifier-free guidance, in addition to the distilled guidance; has an effect above 1.</summary>
    public const string TrueCfgScaleKey = "true_cfg_scale";

    /// <summary>LoRAs to paint with: a list of <see cref="FluxLora"/>, or a text <c>path[*strength][, path[*strength]...]</c>.</summary>
    public const string LorasKey = "loras";

    /// <summary>On an image: a list of sentences about what was done differently from the request.</summary>
    public const string WarningsKey = "warnings";

    /// <summary>Sets the LoRAs to paint with, and returns the same options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="loras">The LoRAs.</param>
    /// <returns>The options that were given.</returns>
    public static ImageGenerationOptions WithLoras(this ImageGenerationOptions options, params IReadOnlyList<FluxLora> loras) => options.With(LorasKey, loras);

    /// <summary>Sets the scale of classifier-free guidance, and returns the same options.</summary>
    /// <param name="options">The request.</param>
    /// <param name="scale">The scale; 1 is without guidance.</param>
    /// <returns>The options that were given.</returns>
    public static ImageGenerationOptions WithTrueCfgScale(this ImageGenerationOptions options, double scale) => options.With(TrueCfgScaleKey, scale);

    /// <summary>The scale of classifier-free guidance, or null.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>1 or more, or null.</returns>
    /// <exception cref="ArgumentException">The value is no number.</exception>
    public static double? GetTrueCfgScale(this ImageGenerationOptions? options) =>
        Read(options, TrueCfgScaleKey) is not { } value ? null
        : double.TryParse(Convert.ToString(value, CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture, out var scale) ? scale
        : throw new ArgumentException($"Image option \"{TrueCfgScaleKey}\" is \"{value}\", which is no number.", nameof(options));

    /// <summary>The LoRAs to paint with; empty for none.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <returns>The LoRAs, each with its strength.</returns>
    /// <exception cref="ArgumentException">The value is neither a list nor a text of the right form.</exception>
    public static IReadOnlyList<FluxLora> GetLoras(this ImageGenerationOptions? options) => Read(options, LorasKey) switch
    {
        null => [],
        IEnumerable<FluxLora> loras => [.. loras],
        string text => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)],
        var other =>
            throw new ArgumentException(
                $"Image option \"{LorasKey}\" is a {other.GetType().Name}; give a list of {nameof(FluxLora)} or a text \"path*strength, ...\".",
                nameof(options)),
    };

    private static FluxLora Parse(string text)
    {
        var star = text.LastIndexOf('*');
        if (star < 0) return new FluxLora(text);
        return double.TryParse(text.AsSpan(star + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var strength)
            ? new FluxLora(text[..star], strength)
            : throw new ArgumentException($"Image option \"{LorasKey}\": \"{text[(star + 1)..]}\" is no strength; write \"path*0.8\".", nameof(text));
    }

    private static object? Read(ImageGenerationOptions? options, string key) =>
        options?.AdditionalProperties?.TryGetValue(key, out var value) == true ? value : null;
}
