using System.Text.Json;
using GenAgent.Server.Protocols;
using Microsoft.AspNetCore.Http;

namespace GenAgent.Server.OpenAI;

/// <summary>Reads the images of a request: uploaded files, data URLs and base64. No address is ever fetched.</summary>
internal static class InputImages
{
    private const int MostImages = 16;

    /// <summary>The images of an edit: files of a form, or <c>image</c> and <c>images</c> of JSON.</summary>
    public static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> OfEditAsync(RequestFields fields, CancellationToken cancellationToken)
    {
        if (fields.Files("mask").Count > 0 || fields.Element("mask") is not null)
        {
            throw OpenAIException.Unsupported("mask", "Masks are not supported by this server: describe in the prompt which part of the image should change.");
        }

        var images = new List<ReadOnlyMemory<byte>>();
        foreach (var file in fields.Files("image"))
        {
            images.Add(await ReadAsync(file, cancellationToken));
        }

        foreach (var name in (string[])["image", "images"])
        {
            if (fields.Element(name) is { } given)
            {
                images.AddRange(given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().Select(one => Read(name, one)) : [Read(name, given)]);
            }
        }

        return images.Count switch
        {
            0 => throw OpenAIException.Missing("image"),
            > MostImages =>
                throw OpenAIException.Invalid(
                    "image", "array_above_max_length", $"Invalid 'image': too many images. Expected at most {MostImages}, but got {images.Count} instead."),
            _ => images,
        };
    }

    /// <summary>An image as JSON has it: a data URL or base64, by itself, as <c>image_url</c>, or as <c>image_url.url</c>.</summary>
    public static ReadOnlyMemory<byte> Read(string parameter, JsonElement given) => given switch
    {
        { ValueKind: JsonValueKind.String } => Decode(parameter, given.GetString()!),
        { ValueKind: JsonValueKind.Object } when given.TryGetProperty("image_url", out var inner) || given.TryGetProperty("url", out inner) =>
            Read(parameter, inner),
        { ValueKind: JsonValueKind.Object } when given.TryGetProperty("file_id", out _) =>
            throw OpenAIException.Unsupported(parameter, "Files are not kept by this server: send the image as a data URL."),
        _ => throw OpenAIException.WrongType(parameter, "a data URL", RequestFields.InWords(given)),
    };

    /// <summary>The bytes of a data URL or of base64.</summary>
    public static ReadOnlyMemory<byte> Decode(string parameter, string text)
    {
        if (EncodedImage.TryDecode(text, out var bytes)) return bytes;
        throw text.StartsWith("http", StringComparison.OrdinalIgnoreCase) || text.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
            ? OpenAIException.Invalid(
                parameter, "invalid_image_url", "Images are not downloaded by this server: send the image itself as a data URL (data:image/png;base64,...).")
            : OpenAIException.Invalid(
                parameter, "invalid_base64_image", $"Invalid '{parameter}': expected an image as a data URL (data:image/png;base64,...).");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(IFormFile file, CancellationToken cancellationToken)
    {
        if (file.Length == 0)
        {
            throw OpenAIException.Invalid("image", "empty_image_file", $"The uploaded image is empty.");
        }

        using var bytes = new MemoryStream((int)file.Length);
        await file.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}
