using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAgent.Trajectories;

namespace GenAgent.Micro.Perception;

/// <summary>
/// A folder of paintings: <c>paint.json</c> (what they are made from), <c>paintings.jsonl</c> and the images by content. What
/// <see cref="Append"/> has returned from survives a killed process; a half-written last line is cut off on opening. Safe to use from many tasks at once.
/// </summary>
internal sealed class PaintingStore : IDisposable
{
    public const string LinesName = "paintings.jsonl";
    private const string HeadName = "paint.json";

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly FolderLock _writer;
    private readonly FileStream _lines;

    private PaintingStore(string folder, FolderLock writer, FileStream lines, IReadOnlyList<Painting> paintings) => (_folder, _writer, _lines, Paintings) = (folder, writer, lines, paintings);

    /// <summary>What was there when the folder was opened.</summary>
    public IReadOnlyList<Painting> Paintings { get; }

    /// <summary>Opens or makes the folder.</summary>
    /// <exception cref="ArgumentException">The folder's paintings are made from something else.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no painting.</exception>
    public static PaintingStore Open(string folder, PaintingSource source)
    {
        Directory.CreateDirectory(folder);
        var head = Path.Combine(folder, HeadName);
        var text = JsonSerializer.Serialize(source, Painting.Json);
        if (!File.Exists(head))
            WriteWhole(head, Encoding.UTF8.GetBytes(text));
        else if (!string.Equals(File.ReadAllText(head), text, StringComparison.Ordinal))
            throw new ArgumentException($"{head}: the folder holds other paintings ({File.ReadAllText(head)}) than are asked for ({text}). Go on with the same settings, or choose another folder.", nameof(folder));

        var writer = FolderLock.Take(folder);
        FileStream? lines = null;
        try
        {
            lines = new FileStream(Path.Combine(folder, LinesName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            var paintings = Read(lines, out var whole);
            lines.SetLength(whole);
            lines.Seek(0, SeekOrigin.End);
            return new(folder, writer, lines, paintings);
        }
        catch
        {
            lines?.Dispose();
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Reads a folder without changing it; a half-written last line is passed over.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no paintings.</exception>
    public static IReadOnlyList<Painting> Load(string folder)
    {
        using var lines = new FileStream(Path.Combine(folder, LinesName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Read(lines, out _);
    }

    /// <summary>Keeps an image, and returns its place below the folder.</summary>
    public string Keep(ReadOnlyMemory<byte> png)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(png.Span));
        var place = $"images/{id[..2]}/{id}.png";
        var path = Path.Combine(_folder, place);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            WriteWhole(path, png.Span);
        }

        return place;
    }

    public void Append(Painting painting)
    {
        var line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(painting, Painting.Json) + "\n");
        lock (_lock)
        {
            _lines.Write(line);
            _lines.Flush(flushToDisk: false);
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        _writer.Dispose();
    }

    // Another task may be writing the same image: each writes its own file, and either is the image.
    private static void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        var draft = $"{path}.{Environment.CurrentManagedThreadId}.part";
        using (var file = File.Create(draft))
            file.Write(bytes);
        File.Move(draft, path, overwrite: true);
    }

    private static List<Painting> Read(FileStream file, out int whole)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        List<Painting> paintings = [];
        var number = 0;
        foreach (var range in bytes.AsSpan(0, whole).Split((byte)'\n'))
        {
            number++;
            var line = bytes.AsSpan(0, whole)[range];
            if (line.IsEmpty)
                continue;
            try
            {
                paintings.Add(JsonSerializer.Deserialize<Painting>(line, Painting.Json) ?? throw new JsonException("null"));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file.Name}, line {number}: no painting ({e.Message}). Remove the line to have it made anew.", e);
            }
        }

        return paintings;
    }
}

/// <summary>What a folder's paintings are made from.</summary>
/// <param name="Generator">The generator's name.</param>
/// <param name="Seed">The root of the seeds.</param>
public sealed record PaintingSource(string Generator, ulong Seed);
