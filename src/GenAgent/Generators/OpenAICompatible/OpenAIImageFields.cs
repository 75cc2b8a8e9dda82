using System.Globalization;
using GenAgent.Generators.Imaging;
using Microsoft.Extensions.AI;
using OpenAI.Images;
using ImageGenerationOptions = Microsoft.Extensions.AI.ImageGenerationOptions;

namespace GenAgent.Generators.OpenAICompatible;

/// <summary>
/// Fields of OpenAI's image protocol that Microsoft's options have no property for. They are set by their wire name in the additional
/// properties: <c>quality</c>, <c>background</c>, <c>moderation</c>, <c>style</c>, <c>output_compression</c>, <c>input_fidelity</c>, <c>user</c>.
/// </summary>
internal static class OpenAIImageFields
{
    private static readonly string[] EditFields = ["quality", "background", "output_compression", "input_fidelity", "user"];

    /// <summary>Returns the options with those fields set in the package's request, and without fields that OpenAI's models reject.</summary>
    public static ImageGenerationOptions? ForGeneration(ImageGenerationOptions? options)
    {
        if (options is null)
        {
            return null;
        }

        var prepared = options.Clone();

        // OpenAI's current models always answer with base64 and reject a response_format; an address from another server is downloaded.
        prepared.ResponseFormat = null;
        prepared.RawRepresentationFactory = generator =>
        {
            var raw = options.RawRepresentationFactory?.Invoke(generator) as OpenAI.Images.ImageGenerationOptions ?? new();

            // These types convert implicitly from strings, so a bare null would be treated as a string and rejected.
            raw.Quality ??= Field(options, "quality") is { } quality ? new GeneratedImageQuality(quality) : default(GeneratedImageQuality?);
            raw.Background ??= Field(options, "background") is { } background ? new GeneratedImageBackground(background) : default(GeneratedImageBackground?);
            raw.ModerationLevel ??= Field(options, "moderation") is { } level
                ? new GeneratedImageModerationLevel(level)
                : default(GeneratedImageModerationLevel?);
            raw.Style ??= Field(options, "style") is { } style ? new GeneratedImageStyle(style) : default(GeneratedImageStyle?);
            raw.OutputCompressionFactor ??= Field(options, "output_compression") is { } factor ? int.Parse(factor, CultureInfo.InvariantCulture) : null;
            raw.EndUserId ??= Field(options, "user");
            return raw;
        };
        return prepared;
    }

    /// <summary>
    /// The form of an edit, as OpenAI's own clients write it: text first, one image as <c>image</c>, several as <c>image[]</c>, then the mask.
    /// The package's own form holds one image only.
    /// </summary>
    public static MultipartFormDataContent ForEdit(
        string prompt, string model, IReadOnlyList<DataContent> images, DataContent? mask, ImageGenerationOptions? options)
    {
        var form = new MultipartFormDataContent();
        Add(form, "prompt", prompt);
        Add(form, "model", model);
        Add(form, "n", options?.Count?.ToString(CultureInfo.InvariantCulture));
        Add(form, "size", options?.ImageSize is { } size ? string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}") : null);
        Add(form, "output_format", options?.MediaType?.Split('/')[^1]);
        foreach (var field in EditFields)
        {
            Add(form, field, Field(options, field));
        }

        foreach (var (index, image) in images.Index())
        {
            var file = string.Create(CultureInfo.InvariantCulture, $"image{index + 1}.{ImagePart.Extension(image)}");
            form.Add(ImagePart.Create(images.Count == 1 ? "image" : "image[]", file, image));
        }

        if (mask is not null)
        {
            form.Add(ImagePart.Create("mask", $"mask.{ImagePart.Extension(mask)}", mask));
        }

        return form;
    }

    /// <summary>Converts the package's result to Microsoft's types.</summary>
    public static ImageGenerationResponse ToResponse(GeneratedImageCollection images)
    {
        var contents = images.Select(image => image switch
        {
            { ImageBytes: { } bytes } => (AIContent)new DataContent(bytes.ToMemory(), "image/png"),
            { ImageUri: { } address } => new UriContent(address, "image/*"),
            _ => throw new InvalidOperationException("An image has neither bytes nor an address."),
        }).ToList();
        return new ImageGenerationResponse(contents)
        {
            RawRepresentation = images,
            Usage = images.Usage is { } usage
                ? new UsageDetails
                {
                    InputTokenCount = usage.InputTokenCount,
                    OutputTokenCount = usage.OutputTokenCount,
                    TotalTokenCount = usage.TotalTokenCount
                }
                : null,
        };
    }

    private static string? Field(ImageGenerationOptions? options, string name) =>
        options?.AdditionalProperties?.TryGetValue(name, out var value) == true && value is not null
            ? Convert.ToString(value, CultureInfo.InvariantCulture)
            : null;

    private static void Add(MultipartFormDataContent form, string name, string? value)
    {
        if (value is not null)
        {
            form.Add(new StringContent(value), $"\"{name}\"");
        }
    }
}
