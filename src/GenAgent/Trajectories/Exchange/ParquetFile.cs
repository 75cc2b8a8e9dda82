using System.Text;
using System.Text.Json;
using GenAgent.Storage;
using Microsoft.Extensions.AI;
using Parquet;
using Parquet.Serialization;

namespace GenAgent.Trajectories.Exchange;

/// <summary>
/// Trajectories as one Parquet file with their images inside (a column of <c>{path, bytes}</c>, as Hugging Face datasets reads it), and back.
/// </summary>
public static class ParquetFile
{
    private const int RowsAGroup = 64;

    /// <summary>Writes one row per trajectory. The file is written atomically and replaces an existing one.</summary>
    /// <param name="trajectories">The trajectories, in order.</param>
    /// <param name="images">The images.</param>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The number of trajectories written.</returns>
    public static async Task<int> ExportAsync(
        IAsyncEnumerable<Trajectory> trajectories, TrajectoryFolder images, string file, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var count = 0;
        await AtomicFile.WriteAsync(file, async stream =>
        {
            var rows = new List<TrajectoryRow>(RowsAGroup);
            await foreach (var trajectory in trajectories.WithCancellation(cancellationToken))
            {
                rows.Add(await ToRowAsync(trajectory, images, cancellationToken));
                if (rows.Count == RowsAGroup)
                {
                    await FlushAsync();
                }
            }

            if (rows.Count > 0 || count == 0)
            {
                await FlushAsync();
            }

            async Task FlushAsync()
            {
                await ParquetSerializer.SerializeAsync(rows, stream, new ParquetOptions { Append = count > 0 }, cancellationToken: cancellationToken);
                count += rows.Count;
                rows.Clear();
            }
        });
        return count;
    }

    /// <summary>Reads a file written by <see cref="ExportAsync"/>, and appends its trajectories to a store.</summary>
    /// <param name="file">The file.</param>
    /// <param name="target">The store; trajectories whose ids it already has are skipped.</param>
    /// <param name="skipped">Receives the id of each skipped trajectory; may be null.</param>
    /// <param name="cancellationToken">Ends the import; appended trajectories are kept.</param>
    /// <returns>The number of trajectories appended.</returns>
    /// <exception cref="InvalidDataException">The file is not such a file, or damaged; the message says where. Trajectories before the error have been
    /// appended.</exception>
    public static async Task<int> ImportAsync(
        string file, TrajectoryStore target, Action<string>? skipped = null, CancellationToken cancellationToken = default)
    {
        var into = await ImportTarget.OpenAsync(target, skipped, cancellationToken);
        var count = 0;
        try
        {
            await using var stream = File.OpenRead(file);
            var groups = await CountGroupsAsync(stream, cancellationToken);
            for (var group = 0; group < groups; group++)
            {
                stream.Position = 0;
                var rows = await ParquetSerializer.DeserializeAsync<TrajectoryRow>(stream, rowGroupIndex: group, cancellationToken: cancellationToken);
                foreach (var row in rows.Data)
                {
                    await AppendAsync(row, into, cancellationToken);
                    count++;
                }
            }

            return into.Added;
        }
        catch (Exception broken) when (broken is not (OperationCanceledException
            or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException))
        {
            throw new InvalidDataException($"{file}, row {count + 1}: {broken.Message}", broken);
        }
    }

    private static async Task<int> CountGroupsAsync(Stream stream, CancellationToken cancellationToken)
    {
        await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true, cancellationToken: cancellationToken);
        return reader.RowGroupCount;
    }

    private static async Task<TrajectoryRow> ToRowAsync(Trajectory trajectory, TrajectoryFolder images, CancellationToken cancellationToken)
    {
        var row = new TrajectoryRow
        {
            id = trajectory.Id,
            prompt = trajectory.Prompt,
            model = trajectory.Model.Name,
            generator = trajectory.Generator.Name,
            stop_reason = JsonNamingPolicy.SnakeCaseLower.ConvertName(trajectory.StopReason.ToString()),
            rounds = trajectory.ImageRounds,
            answer_image = trajectory.Answer?.ImageId,
            trajectory = Encoding.UTF8.GetString(TrajectoryJson.Write(trajectory).Span),
        };
        foreach (var image in trajectory.AllImages.DistinctBy(image => image.Id, StringComparer.Ordinal))
        {
            var content = await images.ReadImageAsync(image, cancellationToken);
            row.images.Add(new ImageRow { path = image.Path(), bytes = content.Data.ToArray() });
        }

        return row;
    }

    private static async Task AppendAsync(TrajectoryRow row, ImportTarget target, CancellationToken cancellationToken)
    {
        var trajectory = TrajectoryJson.Read(Encoding.UTF8.GetBytes(row.trajectory));
        var bytes = row.images.ToDictionary(image => image.path, image => image.bytes, StringComparer.Ordinal);
        var images = new Dictionary<string, DataContent>(StringComparer.Ordinal);
        foreach (var image in trajectory.AllImages)
        {
            if (!bytes.TryGetValue(image.Path(), out var content)
                || !string.Equals(Tools.ImageInspector.ContentId(content), image.Id, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"Image {image.Id} of trajectory {trajectory.Id} is missing or damaged.");
            }

            images[image.Id] = new DataContent(content, image.MediaType);
        }

        await target.AddAsync(trajectory, images, cancellationToken);
    }

    // The names are the file's columns.
#pragma warning disable IDE1006, SA1300
    private sealed class TrajectoryRow
    {
        public string id { get; set; } = string.Empty;

        public string prompt { get; set; } = string.Empty;

        public string model { get; set; } = string.Empty;

        public string generator { get; set; } = string.Empty;

        public string stop_reason { get; set; } = string.Empty;

        public int rounds { get; set; }

        public string? answer_image { get; set; }

        public List<ImageRow> images { get; set; } = [];

        public string trajectory { get; set; } = string.Empty;
    }

    private sealed class ImageRow
    {
        public string path { get; set; } = string.Empty;

        public byte[] bytes { get; set; } = [];
    }
#pragma warning restore IDE1006, SA1300
}
