using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Running;

/// <summary>How a folder of records of one kind is laid out.</summary>
/// <typeparam name="T">A record.</typeparam>
/// <param name="LinesName">The file of the records, one a line.</param>
/// <param name="Record">What a record is called in messages, as <c>painting</c>.</param>
/// <param name="Json">How records are written.</param>
/// <param name="KeyOf">The key of the task that a record is the outcome of.</param>
/// <param name="ImageOf">Where a record says that its image lies; null for none. Checked as the record is read: it is a place that
/// <see cref="RecordFolder{T}.Keep"/> gives.</param>
public sealed record RecordLayout<T>(string LinesName, string Record, JsonSerializerOptions Json, Func<T, string> KeyOf, Func<T, string?> ImageOf)
    where T : class
{
    private readonly JsonSerializerOptions _strict = JsonFaults.Strict(Json);

    /// <summary>Reads the manifest that earlier versions wrote; null for none.</summary>
    public OldManifest? Old { get; init; }

    /// <summary>Opens or makes the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="manifest">What decides the records; a folder whose records something else decided is not added to.</param>
    /// <param name="notice">Is told what a user should know: a line that was cut off, a folder of an earlier version. Null for nobody.</param>
    /// <returns>The folder; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The folder was begun with other settings.</exception>
    /// <exception cref="IOException">The folder cannot be written to, or another process is writing to it.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no record.</exception>
    public RecordFolder<T> Open(string folder, RunManifest manifest, Action<string>? notice = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(manifest);
        FolderLock? writer = null;
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(folder);
            writer = FolderLock.Take(folder);
            manifest.TakeUp(folder, seedGiven: true, Old, notice);
            file = new FileStream(Path.Combine(folder, LinesName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 1);
            var lines = new LineFile(file, line => TryRead(line.Span) is not null);
            if (lines.Cut is { } cut)
            {
                notice?.Invoke($"{file.Name}: cut off a line that a killed process left half-written ({cut.Length} bytes); its {Record} is made again.");
            }
            return new(folder, this, writer, lines, Load(folder));
        }
        catch (Exception failure)
        {
            file?.Dispose();
            writer?.Dispose();
            if (failure is ArgumentException or InvalidDataException || !StorageException.IsCause(failure)) throw;
            throw new StorageException($"{folder}: cannot keep {Record}s here", failure);
        }
    }

    /// <summary>Reads a folder without changing it; a half-written last line is skipped.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The records, in the order of writing.</returns>
    /// <exception cref="FileNotFoundException">The folder holds no records.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no record.</exception>
    public IReadOnlyList<T> Load(string folder)
    {
        using var file = new FileStream(Path.Combine(folder, LinesName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        List<T> records = [];
        var number = 0;
        foreach (var (line, ended) in LineReader.Read(file))
        {
            number++;
            if (line.Length == 0) continue;
            try
            {
                records.Add(Read(line));
            }
            catch (JsonException) when (!ended)
            {
                break;
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file.Name}, line {number}: no {Record} ({e.Message}). Remove the line to have it made again.", e);
            }
        }

        return records;
    }

    private T? TryRead(ReadOnlySpan<byte> line)
    {
        try
        {
            return Read(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private T Read(ReadOnlySpan<byte> line)
    {
        JsonFaults.RequireNoNullInLists(line);
        var record = JsonSerializer.Deserialize<T>(line, _strict) ?? throw new JsonException("null");
        return ImageOf(record) is not { } place || ImageReference.IsPath(place)
            ? record
            : throw new JsonException($"its image is \"{place}\", which is no place of an image in this folder");
    }
}
