using GenAgent.Server.Browse;
using GenAgent.Server.Images;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.Http;

/// <summary>Images by their content.</summary>
internal static class ImageEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/images/{id}", ReadAsync).WithSummary(
            "An image; width= for a smaller one, download= for a PNG with its parameters.").Produces(200, contentType: "image/png");

    private static async Task<IResult> ReadAsync(
        string id, HttpContext context, TrajectoryIndex index, Thumbnails thumbnails, int? width = null, string? download = null)
    {
        // The content never changes under its name: whoever has it is told so without a look at the disk.
        var tag = $"\"{id}-{width}\"";
        if (download is null && context.Request.Headers.IfNoneMatch == tag) return Results.StatusCode(304);
        if (download is not null)
        {
            var named = await ImageDownload.ReadAsync(index, id, context.RequestAborted) ?? throw NoImage();
            return Results.Bytes(named.Png, "image/png", named.FileName);
        }

        var image = await thumbnails.ReadAsync(id, width, context.RequestAborted) ?? throw NoImage();
        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        context.Response.Headers.ETag = tag;
        return Results.Bytes(image.Data, image.MediaType);
    }

    private static RefusedException NoImage() => RefusedException.NotFound("There is no such image.");
}
