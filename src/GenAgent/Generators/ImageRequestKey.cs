using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators;

/// <summary>Two requests with the same key ask for the same thing.</summary>
internal static class ImageRequestKey
{
    private static readonly string[] NeverPartOfIt = [ImageOptionsExtensions.ProgressKey];

    /// <summary>What is asked for, whole: prompt, input images, options, seed.</summary>
    /// <returns>64 hexadecimal digits; null where an option's meaning cannot be written down, so that nothing is mixed up.</returns>
    public static string? Whole(ImageGenerationRequest request, ImageGenerationOptions? options, ImageGeneratorMetadata? generator)
    {
        var text = new StringBuilder();
        Add(text, "generator", generator is null ? null : $"{generator.ProviderName} {generator.ProviderUri} {generator.DefaultModelId}");
        Add(text, "prompt", request.Prompt);
        return AddImages(text, request) && AddOptions(text, options, NeverPartOfIt) ? Hash(text) : null;
    }

    /// <summary>What must be equal for two requests to be painted side by side: all but the prompt, the input images' content, the seed and the negative prompt.</summary>
    public static string? Batch(ImageGenerationRequest request, ImageGenerationOptions? options)
    {
        var text = new StringBuilder();
        Add(text, "images", (request.OriginalImages?.Count() ?? 0).ToString(CultureInfo.InvariantCulture));
        string[] free = [.. NeverPartOfIt, ImageOptionsExtensions.SeedKey, ImageOptionsExtensions.NegativePromptKey, ImageOptionsExtensions.MaskKey];
        return AddOptions(text, options, free) ? text.ToString() : null;
    }

    private static bool AddImages(StringBuilder text, ImageGenerationRequest request)
    {
        foreach (var image in request.OriginalImages ?? [])
        {
            switch (image)
            {
                case DataContent data:
                    Add(text, "image", Convert.ToHexStringLower(SHA256.HashData(data.Data.Span)));
                    break;
                case UriContent address:
                    Add(text, "address", address.Uri.ToString());
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool AddOptions(StringBuilder text, ImageGenerationOptions? options, string[] without)
    {
        if (options?.RawRepresentationFactory is not null)
        {
            return false;
        }

        Add(text, "model", options?.ModelId);
        Add(text, "media", options?.MediaType);
        Add(text, "count", (options?.Count ?? 1).ToString(CultureInfo.InvariantCulture));
        Add(text, "size", options?.ImageSize is { } size ? string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}") : null);
        Add(text, "format", options?.ResponseFormat?.ToString());
        foreach (var (name, value) in (options?.AdditionalProperties ?? []).OrderBy(property => property.Key, StringComparer.Ordinal))
        {
            if (without.Contains(name, StringComparer.Ordinal) || value is null)
            {
                continue;
            }

            if (value is DataContent data)
            {
                Add(text, name, Convert.ToHexStringLower(SHA256.HashData(data.Data.Span)));
            }
            else if (value is IConvertible or System.Text.Json.JsonElement)
            {
                Add(text, name, Convert.ToString(value, CultureInfo.InvariantCulture));
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    // The length stands before each value, so that no two different lists give one text.
    private static void Add(StringBuilder text, string name, string? value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}={value?.Length ?? -1}:{value};");

    private static string Hash(StringBuilder text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
}
