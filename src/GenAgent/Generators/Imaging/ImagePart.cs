using System.Net.Http.Headers;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.Imaging;

/// <summary>An image as a part of a form.</summary>
internal static class ImagePart
{
    /// <summary>The file extension for the image.</summary>
    public static string Extension(DataContent image) => image.MediaType is "image/jpeg" ? "jpg" : "png";

    /// <summary>The part. The framework's own method adds a second, quoted file name, which some servers use by mistake.</summary>
    public static HttpContent Create(string field, string file, DataContent image) => new ReadOnlyMemoryContent(image.Data)
    {
        Headers =
        {
            ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{field}\"", FileName = $"\"{file}\"" },
            ContentType = new MediaTypeHeaderValue(image.MediaType),
        },
    };
}
