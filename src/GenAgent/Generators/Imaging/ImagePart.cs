using System.Net.Http.Headers;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators.Imaging;

/// <summary>An image as a part of a form.</summary>
internal static class ImagePart
{
    /// <summary>The ending of a file that holds that image.</summary>
    public static string Extension(DataContent image) => image.MediaType is "image/jpeg" ? "jpg" : "png";

    /// <summary>The part. The framework's own way to name a file adds a second name in quotes, which some servers take for the file's.</summary>
    public static HttpContent Create(string field, string file, DataContent image) => new ReadOnlyMemoryContent(image.Data)
    {
        Headers =
        {
            ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{field}\"", FileName = $"\"{file}\"" },
            ContentType = new MediaTypeHeaderValue(image.MediaType),
        },
    };
}
