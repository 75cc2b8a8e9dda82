using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace GenAgent.Tests.Generators;

/// <summary>A part of a form, as a server reads it.</summary>
internal sealed record FormPart(string Name, string? File, string? Type, byte[] Bytes)
{
    public static async Task<List<FormPart>> ReadAsync(byte[] form)
    {
        // The boundary is the form's own first line.
        var end = form.AsSpan().IndexOf("\r\n"u8);
        var reader = new MultipartReader(Encoding.ASCII.GetString(form, 2, end - 2), new MemoryStream(form));
        var parts = new List<FormPart>();
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            var disposition = ContentDispositionHeaderValue.Parse(section.ContentDisposition);
            using var bytes = new MemoryStream();
            await section.Body.CopyToAsync(bytes);
            parts.Add(new(
                HeaderUtilities.RemoveQuotes(disposition.Name).ToString(),
                disposition.FileName.HasValue ? HeaderUtilities.RemoveQuotes(disposition.FileName).ToString() : null,
                section.ContentType,
                bytes.ToArray()));
        }

        return parts;
    }
}
