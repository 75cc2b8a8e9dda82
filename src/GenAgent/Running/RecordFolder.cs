using System.Collections.Concurrent;
using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Tools;
using GenAgent.Trajectories;

namespace GenAgent.Running;

/// <summary>
/// A folder of records of one kind with images: the manifest, a file of lines, and the images by content. What <see cref="KeepAsync"/> has returned from
/// survives a killed process; a half-written last line is cut off on opening, and reported. One process writes to a folder at a time. Safe to use from
/// many tasks at once.
/// </summary>
/// <typeparam name="T">A record.</typeparam>
public sealed class RecordFolder<T> : IOutcomeStore<T>, IAsyncDisposable
    where T : class
{
    private readonly string _folder;
    private readonly RecordLayout<T> _layout;
    private readonly FolderLock _writer;
    private readonly LineFile _lines;
    private readonly ConcurrentDictionary<string, T> _records;

    internal RecordFolder(string folder, RecordLayout<T> layout, FolderLock writer, LineFile lines, IEnumerable<T> records)
    {
        (_folder, _layout, _writer, _lines) = (folder, layout, writer, lines);
        _records = new(
            records.GroupBy(layout.KeyOf, StringComparer.Ordinal).Select(same => KeyValuePair.Create(same.Key, same.First())), StringComparer.Ordinal);
    }

    /// <summary>The records, in no order.</summary>
    public IReadOnlyCollection<T> Records => [.. _records.Values];

    /// <summary>What was cut off when the folder was opened; null if all was whole.</summary>
    public HalfWrittenLine? Recovered => _lines.Cut;

    /// <summary>Keeps an image, and returns its place below the folder.</summary>
    /// <param name="image">The file's bytes.</param>
    /// <param name="mediaType">For instance <c>image/png</c>.</param>
    /// <returns>A path with <c>/</c>, relative to the folder.</returns>
    /// <exception cref="IOException">The image could not be written.</exception>
    public string Keep(ReadOnlyMemory<byte> image, string mediaType)
    {
        _lines.RequireFile();
        var place = ImageReference.PathOf(ImageInspector.ContentId(image.Span), mediaType);
        var path = Path.Combine(_folder, place);
        try
        {
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                AtomicFile.Write(path, image);
            }
        }
        catch (Exception failure) when (StorageException.IsCause(failure))
        {
            throw new StorageException($"{path}: the image could not be written", failure, "What was kept before is whole.");
        }

        return place;
    }

    /// <summary>The record of a task; null if there is none.</summary>
    /// <param name="key">The task's key.</param>
    /// <returns>The record, or null.</returns>
    public T? Find(string key) => _records.GetValueOrDefault(key);

    /// <inheritdoc/>
    public ValueTask<T?> FindAsync(string key, CancellationToken cancellationToken = default) => ValueTask.FromResult(Find(key));

    /// <inheritdoc/>
    public async Task<T> KeepAsync(string key, T outcome, CancellationToken cancellationToken = default)
    {
        try
        {
            await _lines.AppendAsync(JsonSerializer.SerializeToUtf8Bytes(outcome, _layout.Json), cancellationToken);
        }
        catch (Exception failure) when (StorageException.IsCause(failure))
        {
            throw new StorageException(
                $"{Path.Combine(_folder, _layout.LinesName)}: the {_layout.Record} could not be written", failure, "What was kept before is whole.");
        }

        return _records[key] = outcome;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _lines.DisposeAsync();
        _writer.Dispose();
    }
}
