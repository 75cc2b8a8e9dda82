using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Trajectories.Exchange;

/// <summary>Trajectories as a ShareGPT file that LLaMA-Factory trains on unchanged, and back.</summary>
public static class ShareGptFile
{
    private static readonly JsonTypeInfo<ShareGptRecord> Record =
        (JsonTypeInfo<ShareGptRecord>)ShareGptJsonContext.NewOptions().GetTypeInfo(typeof(ShareGptRecord));

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Writes a JSON array of conversations, the images beside it under <c>images/</c>, and an entry named for the file in the
    /// <c>dataset_info.json</c> of its folder. The file is written atomically and replaces an existing one.
    /// </summary>
    /// <param name="trajectories">The trajectories, in order.</param>
    /// <param name="images">The images.</param>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The number of trajectories written.</returns>
    public static async Task<int> ExportAsync(
        IAsyncEnumerable<Trajectory> trajectories, TrajectoryFolder images, string file, CancellationToken cancellationToken = default)
    {
        var target = new TrajectoryFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        Directory.CreateDirectory(target.Path);
        _ = await ReadInfoAsync(target.Path, cancellationToken);
        var count = 0;
        await AtomicFile.WriteAsync(file, async stream =>
        {
            await using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = Record.Options.Encoder });
            writer.WriteStartArray();
            await foreach (var trajectory in trajectories.WithCancellation(cancellationToken))
            {
                await ExchangeFiles.CopyImagesAsync(trajectory, images, target, cancellationToken);
                JsonSerializer.Serialize(writer, ShareGptWriter.Write(trajectory), Record);
                await writer.FlushAsync(cancellationToken);
                count++;
            }

            writer.WriteEndArray();
        });
        await DescribeAsync(target.Path, Path.GetFileName(file), cancellationToken);
        return count;
    }

    /// <summary>Reads a ShareGPT file, a JSON array or JSON Lines, written here or elsewhere, and appends its trajectories to a store.</summary>
    /// <param name="file">The file.</param>
    /// <param name="target">The store; trajectories whose ids it already has are skipped.</param>
    /// <param name="skipped">Receives the id of each skipped trajectory; may be null.</param>
    /// <param name="cancellationToken">Ends the import; appended trajectories are kept.</param>
    /// <returns>The number of trajectories appended.</returns>
    /// <exception cref="InvalidDataException">A record is not a conversation of an image agent; the message says which, and why. Records before it have
    /// been appended.</exception>
    public static async Task<int> ImportAsync(
        string file, TrajectoryStore target, Action<string>? skipped = null, CancellationToken cancellationToken = default)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var into = await ImportTarget.OpenAsync(target, skipped, cancellationToken);
        await foreach (var entry in ShareGptRecords.ReadAsync(file, cancellationToken))
        {
            var (trajectory, images) = await ReadAsync(file, entry, folder, cancellationToken);
            await into.AddAsync(trajectory, images, cancellationToken);
        }

        return into.Added;
    }

    private static async Task<(Trajectory Trajectory, IReadOnlyDictionary<string, DataContent> Images)> ReadAsync(
        string file, ShareGptEntry entry, string folder, CancellationToken cancellationToken)
    {
        try
        {
            var record = entry.Conversation ?? throw new InvalidDataException(entry.Fault);
            if (record.Trajectory is not { } json) return await new ShareGptReader(record, path => ExchangeFiles.Load(folder, path)).ReadAsync();
            var trajectory = TrajectoryJson.Read(Encoding.UTF8.GetBytes(json));
            return (trajectory, await ExchangeFiles.LoadImagesAsync(trajectory, new TrajectoryFolder(folder), cancellationToken));
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{file}, record {entry.Number}: {broken.Message}", broken);
        }
    }

    // Existing entries belong to the user: they are kept.
    private static async Task<JsonObject> ReadInfoAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, ShareGptLayout.InfoName);
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(path, cancellationToken)) as JsonObject ?? throw new JsonException("it is no JSON object");
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException(
                $"{path}: the data set cannot be described there: {broken.Message}. Mend the file, or export to another folder.", broken);
        }
    }

    private static async Task DescribeAsync(string folder, string fileName, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, ShareGptLayout.InfoName);
        var all = await ReadInfoAsync(folder, cancellationToken);
        all[Path.GetFileNameWithoutExtension(fileName)] = new JsonObject
        {
            ["file_name"] = fileName,
            ["formatting"] = "sharegpt",
            ["columns"] = new JsonObject { ["messages"] = "conversations", ["system"] = "system", ["images"] = "images" },
        };
        await AtomicFile.WriteAsync(path, stream => JsonSerializer.SerializeAsync(stream, all, Indented, cancellationToken));
    }
}
