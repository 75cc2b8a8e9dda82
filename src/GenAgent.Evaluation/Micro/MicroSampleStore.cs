using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Micro;

/// <summary>
/// A folder of an evaluation: <c>evaluation.json</c> (what is evaluated), <c>samples.jsonl</c> (one image a line) and the images by content.
/// What <see cref="Append"/> has returned from survives a killed process; a half-written last line is cut off on opening.
/// Safe to use from many tasks at once.
/// </summary>
internal sealed class MicroSampleStore : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly FolderLock _writer;
    private readonly FileStream _lines;

    private MicroSampleStore(string folder, FolderLock writer, FileStream lines, List<MicroSample> samples)
    {
        (_folder, _writer, _lines, Samples) = (folder, writer, lines, samples);
    }

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The same with a line a value, for people.</summary>
    public static JsonSerializerOptions IndentedJson { get; } = new(Json) { WriteIndented = true };

    /// <summary>What was there when the folder was opened.</summary>
    public IReadOnlyList<MicroSample> Samples { get; }

    /// <summary>Reads a folder without changing it.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder holds no evaluation.</exception>
    public static (MicroManifest Manifest, IReadOnlyList<MicroSample> Samples) Load(string folder)
    {
        var head = Path.Combine(folder, "evaluation.json");
        if (!File.Exists(head))
            throw new DirectoryNotFoundException($"{folder} holds no evaluation: there is no {head}.");
        var manifest = JsonSerializer.Deserialize<MicroManifest>(File.ReadAllText(head), Json) ?? throw new InvalidDataException($"{head} holds null.");
        using var lines = new FileStream(Path.Combine(folder, "samples.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return (manifest, Read(lines, out _));
    }

    /// <summary>Opens or makes the folder.</summary>
    /// <exception cref="ArgumentException">The folder holds an evaluation of something else.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last cannot be read.</exception>
    public static MicroSampleStore Open(string folder, MicroManifest manifest)
    {
        Directory.CreateDirectory(folder);
        var head = Path.Combine(folder, "evaluation.json");
        var text = JsonSerializer.Serialize(manifest, IndentedJson);
        if (!File.Exists(head))
        {
            WriteWhole(head, Encoding.UTF8.GetBytes(text));
        }
        else if (!string.Equals(File.ReadAllText(head), text, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"{head}: the folder holds an evaluation with other settings. Resume with the same settings, or choose another folder.{Environment.NewLine}There: {File.ReadAllText(head)}{Environment.NewLine}Asked for: {text}", nameof(folder));
        }

        var writer = FolderLock.Take(folder);
        FileStream? lines = null;
        try
        {
            lines = new FileStream(Path.Combine(folder, "samples.jsonl"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            var samples = Read(lines, out var whole);
            lines.SetLength(whole);
            lines.Seek(0, SeekOrigin.End);
            return new(folder, writer, lines, samples);
        }
        catch
        {
            lines?.Dispose();
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Keeps an image, and returns its place below the folder.</summary>
    public string Keep(DataContent image)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(image.Data.Span));
        var extension = image.MediaType switch { "image/jpeg" => "jpg", "image/webp" => "webp", _ => "png" };
        var place = $"images/{id[..2]}/{id}.{extension}";
        var path = Path.Combine(_folder, place);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            WriteWhole(path, image.Data.Span);
        }

        return place;
    }

    public void Append(MicroSample sample)
    {
        var line = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(sample, Json) + "\n");
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

    public static void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        // Another task may be writing the same image: each writes its own file, and either is the image.
        var draft = $"{path}.{Environment.CurrentManagedThreadId}.part";
        using (var file = File.Create(draft))
            file.Write(bytes);
        File.Move(draft, path, overwrite: true);
    }

    private static List<MicroSample> Read(FileStream file, out int whole)
    {
        List<MicroSample> samples = [];
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        var number = 0;
        foreach (var range in bytes.AsSpan(0, whole).Split((byte)'\n'))
        {
            number++;
            var line = bytes.AsSpan(0, whole)[range];
            if (line.IsEmpty)
                continue;
            try
            {
                samples.Add(JsonSerializer.Deserialize<MicroSample>(line, Json) ?? throw new JsonException("null"));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file.Name}, line {number}: no sample of an evaluation ({e.Message}). Remove the line to have it made anew.", e);
            }
        }

        return samples;
    }
}

/// <summary>What an evaluation's folder is about.</summary>
/// <param name="System">What is evaluated.</param>
/// <param name="Split">Which prompts.</param>
/// <param name="ImagesPerPrompt">Images a prompt.</param>
/// <param name="Seed">Root of the seeds.</param>
/// <param name="Tags">The tags, or null for all.</param>
/// <param name="PromptsPerTag">Prompts a tag, or null for all.</param>
/// <param name="Verifier">Who judges.</param>
internal sealed record MicroManifest(string System, string Split, int ImagesPerPrompt, ulong Seed, IReadOnlyList<string>? Tags, int? PromptsPerTag, string Verifier);
