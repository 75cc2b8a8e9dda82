using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Trajectories;

/// <summary>How a folder of records is laid out.</summary>
/// <param name="HeadName">The file that says what the records are made from.</param>
/// <param name="LinesName">The file of the records, one a line.</param>
/// <param name="Record">What a record is called in messages, as <c>painting</c>.</param>
/// <param name="Json">How records are written.</param>
/// <param name="ImageOf">Where a record says that its image lies; null for none. Checked as the record is read: it is a place that <see cref="RecordFolder{T}.Keep"/> gives.</param>
/// <typeparam name="T">A record.</typeparam>
public sealed record RecordLayout<T>(string HeadName, string LinesName, string Record, JsonSerializerOptions Json, Func<T, string?> ImageOf);

/// <summary>Opens and reads folders of records.</summary>
public static class RecordFolder
{
    /// <summary>Opens or makes a folder.</summary>
    /// <typeparam name="T">A record.</typeparam>
    /// <param name="folder">The folder.</param>
    /// <param name="layout">How it is laid out.</param>
    /// <param name="madeFrom">What the records are made from, as text; records that are made from something else are not added to.</param>
    /// <exception cref="ArgumentException">The folder's records are made from something else.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no record.</exception>
    public static RecordFolder<T> Open<T>(string folder, RecordLayout<T> layout, string madeFrom)
        where T : class => RecordFolder<T>.Open(folder, layout, madeFrom);

    /// <summary>Reads a folder without changing it; a half-written last line is ignored.</summary>
    /// <typeparam name="T">A record.</typeparam>
    /// <param name="folder">The folder.</param>
    /// <param name="layout">How it is laid out.</param>
    /// <exception cref="FileNotFoundException">The folder holds no records.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no record.</exception>
    public static IReadOnlyList<T> Load<T>(string folder, RecordLayout<T> layout)
        where T : class => RecordFolder<T>.Load(folder, layout);
}

/// <summary>
/// A folder of records of one kind with images: a file that says what they are made from, a file of lines, and the images by content. What
/// <see cref="Append"/> has returned from survives a killed process; a half-written last line is cut off on opening. One process writes to a folder at
/// a time. Safe to use from many tasks at once.
/// </summary>
/// <typeparam name="T">A record.</typeparam>
public sealed class RecordFolder<T> : IDisposable
    where T : class
{
    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly RecordLayout<T> _layout;
    private readonly FolderLock _writer;
    private readonly FileStream _lines;

    private RecordFolder(string folder, RecordLayout<T> layout, FolderLock writer, FileStream lines, IReadOnlyList<T> records) =>
        (_folder, _layout, _writer, _lines, Records) = (folder, layout, writer, lines, records);

    /// <summary>What was there when the folder was opened.</summary>
    public IReadOnlyList<T> Records { get; }

    /// <summary>Opens or makes the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="layout">How it is laid out.</param>
    /// <param name="madeFrom">What the records are made from, as text; records that are made from something else are not added to.</param>
    /// <exception cref="ArgumentException">The folder's records are made from something else.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no record.</exception>
    internal static RecordFolder<T> Open(string folder, RecordLayout<T> layout, string madeFrom)
    {
        Directory.CreateDirectory(folder);
        var writer = FolderLock.Take(folder);
        FileStream? lines = null;
        try
        {
            FolderOrigin.Take(Path.Combine(folder, layout.HeadName), madeFrom, $"{layout.Record}s");
            lines = new FileStream(Path.Combine(folder, layout.LinesName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            var records = Read(lines, layout, out var whole);
            lines.SetLength(whole);
            lines.Seek(0, SeekOrigin.End);
            return new(folder, layout, writer, lines, records);
        }
        catch
        {
            lines?.Dispose();
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Reads a folder without changing it; a half-written last line is passed over.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no records.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no record.</exception>
    internal static IReadOnlyList<T> Load(string folder, RecordLayout<T> layout)
    {
        using var lines = new FileStream(Path.Combine(folder, layout.LinesName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Read(lines, layout, out _);
    }

    /// <summary>Keeps an image, and returns its place below the folder.</summary>
    /// <param name="image">The file's bytes.</param>
    /// <param name="mediaType">For instance <c>image/png</c>.</param>
    public string Keep(ReadOnlyMemory<byte> image, string mediaType)
    {
        RequireFolder();
        var place = ImageReference.PathOf(Convert.ToHexStringLower(SHA256.HashData(image.Span)), mediaType);
        var path = Path.Combine(_folder, place);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, image, toDisk: false);
        }

        return place;
    }

    /// <summary>Adds a record.</summary>
    public void Append(T record)
    {
        var line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(record, _layout.Json) + "\n");
        RequireFolder();
        lock (_lock)
        {
            _lines.Write(line);
            _lines.Flush(flushToDisk: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lines.Dispose();
        _writer.Dispose();
    }

    // On Unix a file that is deleted goes on taking lines, which nobody will ever find.
    private void RequireFolder()
    {
        if (!File.Exists(_lines.Name))
        {
            throw new IOException($"{_folder} was deleted or renamed while {_layout.Record}s were being written to it: what it would have kept is lost.");
        }
    }

    private static List<T> Read(FileStream file, RecordLayout<T> layout, out int whole)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        List<T> records = [];
        var strict = JsonFaults.Strict(layout.Json);
        var number = 0;
        foreach (var range in bytes.AsSpan(0, whole).Split((byte)'\n'))
        {
            number++;
            var line = bytes.AsSpan(0, whole)[range];
            if (line.IsEmpty)
                continue;
            try
            {
                JsonFaults.RequireNoNullInLists(line);
                var record = JsonSerializer.Deserialize<T>(line, strict) ?? throw new JsonException("null");
                records.Add(layout.ImageOf(record) is not { } place || ImageReference.IsPath(place) ? record : throw new JsonException($"its image is \"{place}\", which is no place of an image in this folder"));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file.Name}, line {number}: no {layout.Record} ({e.Message}). Remove the line to have it made anew.", e);
            }
        }

        return records;
    }
}
