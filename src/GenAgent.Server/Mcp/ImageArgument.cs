using GenAgent.Server.Browse;
using GenAgent.Server.Images;
using GenAgent.Server.Protocols;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using ModelContextProtocol;

namespace GenAgent.Server.Mcp;

/// <summary>
/// Reads an image that a tool is called with: the id of one of this server's, a data URL, or base64. Nothing is fetched, and no file is opened by its path.
/// </summary>
internal sealed class ImageArgument(TrajectoryIndex index, ServerOptions options)
{
    /// <summary>The image as PNG, decoded once and encoded anew.</summary>
    /// <exception cref="McpException">It is none of these.</exception>
    public async Task<DataContent> ReadAsync(string image, CancellationToken cancellationToken)
    {
        if (ImageReference.IsId(image))
        {
            return await index.ReadImageAsync(image, cancellationToken)
                ?? throw new McpException($"This server has no image {image}: take an id from the result of generate_image, edit_image or read_trajectory.");
        }

        if (!EncodedImage.TryDecode(image, out var bytes))
        {
            throw new McpException(
                "\"image\" must be the id of an image of this server, a data URL (data:image/png;base64,...) or base64: no address is fetched and no file is "
                    + "read.");
        }

        return new DataContent(McpErrors.Told(() => UploadedImage.Clean(bytes, options, "image")), "image/png");
    }
}
