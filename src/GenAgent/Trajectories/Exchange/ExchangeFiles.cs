using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories.Exchange;

/// <summary>What the exchange formats do alike with files.</summary>
internal static class ExchangeFiles
{
    public static void CopyImages(Trajectory trajectory, TrajectoryFolder from, TrajectoryFolder to)
    {
        foreach (var image in trajectory.AllImages.Where(image => !File.Exists(to.ImageFile(image))))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to.ImageFile(image))!);
            File.Copy(from.ImageFile(image), to.ImageFile(image));
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

    /// <summary>Reads an image by a path that a foreign file gives: below that file's folder, and nowhere else.</summary>
    public static DataContent Load(string folder, string path)
    {
        var full = Path.GetFullPath(Path.Combine(folder, path));
        return full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? new DataContent(File.ReadAllBytes(full), "image/png")
            : throw new InvalidDataException($"Image \"{path}\" lies outside of the file's folder: copy it there, and name it relative to the file.");
    }
}
