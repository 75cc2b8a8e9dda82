using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories.Exchange;

/// <summary>File handling that the exchange formats share.</summary>
internal static class ExchangeFiles
{
    // As Qwen's examples write paths: all that follows is the path, with nothing escaped.
    private const string FileScheme = "file://";

    public static async Task CopyImagesAsync(Trajectory trajectory, TrajectoryFolder from, TrajectoryFolder to, CancellationToken cancellationToken)
    {
        foreach (var image in trajectory.AllImages.Where(image => !File.Exists(to.ImageFile(image))))
        {
            // Read, and so compared with its name, before it is copied: a link may lead anywhere.
            var content = await from.ReadImageAsync(image, cancellationToken);
            Directory.CreateDirectory(Path.GetDirectoryName(to.ImageFile(image))!);
            await AtomicFile.WriteAsync(to.ImageFile(image), content.Data, cancellationToken);
        }
    }

    public static async Task<Dictionary<string, DataContent>> LoadImagesAsync(
        Trajectory trajectory, TrajectoryFolder folder, CancellationToken cancellationToken)
    {
        var images = new Dictionary<string, DataContent>(StringComparer.Ordinal);
        foreach (var image in trajectory.AllImages)
        {
            images[image.Id] = await folder.ReadImageAsync(image, cancellationToken);
        }

        return images;
    }

    /// <summary>Reads an image by a path in an imported file, which must be below that file's folder; or from a data URL.</summary>
    /// <exception cref="InvalidDataException">The path leads outside of the folder, or is an address.</exception>
    /// <exception cref="IOException">The image cannot be read.</exception>
    public static DataContent Load(string folder, string path)
    {
        if (path.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return OfDataUrl(path);
        if (path.StartsWith(FileScheme, StringComparison.OrdinalIgnoreCase)) path = path[FileScheme.Length..];
        if (path.Contains("://", StringComparison.Ordinal))
            throw new InvalidDataException($"Image \"{path}\" is an address: download it, and name it relative to the file.");
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) throw new InvalidDataException("An image has no name.");
        var file = InnerPath.Resolve(folder, path);
        return File.Exists(file)
            ? new DataContent(InnerPath.Read(file), "image/png")
            : throw new InvalidDataException($"There is no image \"{path}\" below {folder}.");
    }

    private static DataContent OfDataUrl(string url)
    {
        try
        {
            return new DataContent(url);
        }
        catch (Exception broken) when (broken is ArgumentException or UriFormatException or FormatException)
        {
            throw new InvalidDataException($"An image is a data URL that cannot be read: {broken.Message}", broken);
        }
    }
}
