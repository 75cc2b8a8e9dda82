using GenAgent.Server.Jobs;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Server.Browse;

/// <summary>A trajectory as a file of another format.</summary>
/// <param name="Content">The file.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Name">Its name.</param>
internal sealed record Export(byte[] Content, string MediaType, string Name)
{
    /// <summary>Makes it.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <param name="folder">The folder that it stands in.</param>
    /// <param name="format"><c>atif</c>, <c>sharegpt</c> or <c>parquet</c>.</param>
    /// <param name="server">The server's own address, which images are named by where the format holds none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RefusedException">The format is unknown.</exception>
    public static async Task<Export> OfAsync(Trajectory trajectory, string folder, string format, string server, CancellationToken cancellationToken)
    {
        var images = new TrajectoryFolder(folder);
        return format switch
        {
            "atif" => new(new AtifWriter(image => server + JobEvents.ImageUrl(image.Id)).Write(trajectory), "application/json", $"{trajectory.Id}.atif.json"),
            "sharegpt" =>
                new(await ByFileAsync(
                    "conversations.json", file => ShareGptFile.ExportAsync(One(), images, file, cancellationToken)), "application/json",
                    $"{trajectory.Id}.sharegpt.json"),
            "parquet" => new(
                await ByFileAsync(
                    "trajectories.parquet", file => ParquetFile.ExportAsync(One(), images, file, cancellationToken)), "application/vnd.apache.parquet",
                    $"{trajectory.Id}.parquet"),
            _ => throw RefusedException.BadField("format", $"\"format\" is \"{format}\", but must be atif, sharegpt or parquet."),
        };

        async IAsyncEnumerable<Trajectory> One()
        {
            await Task.CompletedTask;
            yield return trajectory;
        }
    }

    private static async Task<byte[]> ByFileAsync(string name, Func<string, Task> write)
    {
        var folder = Directory.CreateTempSubdirectory("genagent-export-");
        try
        {
            var file = Path.Combine(folder.FullName, name);
            await write(file);
            return await File.ReadAllBytesAsync(file);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
