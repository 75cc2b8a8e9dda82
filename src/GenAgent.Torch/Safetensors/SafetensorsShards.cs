using System.Text.Json;
using GenAgent.Torch.Packed;
using static TorchSharp.torch;

namespace GenAgent.Torch.Safetensors;

/// <summary>A checkpoint of several safetensors files under one index (<c>*.safetensors.index.json</c>). Thread-safe.</summary>
public sealed class SafetensorsShards : IWeightSource
{
    private readonly Dictionary<string, SafetensorsFile> _shards;
    private readonly Dictionary<string, SafetensorsFile> _homes;
    private readonly Dictionary<string, TensorEntry> _entries;

    private SafetensorsShards(string indexPath, Dictionary<string, SafetensorsFile> shards, Dictionary<string, SafetensorsFile> homes)
    {
        Location = indexPath;
        _shards = shards;
        _homes = homes;
        _entries = homes.ToDictionary(pair => pair.Key, pair => pair.Value.Entries[pair.Key], StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _entries;

    /// <summary>Opens all files that the index names and checks that they hold what it says.</summary>
    /// <param name="indexPath">The path of <c>model.safetensors.index.json</c>.</param>
    /// <returns>The files; the caller disposes them.</returns>
    /// <exception cref="SafetensorsException">The index or a file breaks the format, or files or tensors are missing; all of them are named.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SafetensorsShards Open(string indexPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(indexPath);
        var weightMap = ReadIndex(indexPath);
        var folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        var files = weightMap.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var absent = files.FindAll(file => !File.Exists(Path.Combine(folder, file)));
        if (absent.Count > 0)
        {
            throw new SafetensorsException(
                $"{indexPath}: {absent.Count} of {files.Count} files are not beside it: "
                    + $"{string.Join(", ", absent.Take(20).Select(Shorten))}{(absent.Count > 20 ? ", ..." : "")}.");
        }

        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach (var file in files)
            {
                shards.Add(file, SafetensorsFile.Open(Path.Combine(folder, file)));
            }

            var lost = weightMap.Where(pair => !shards[pair.Value].Entries.ContainsKey(pair.Key)).Select(pair => $"{Shorten(pair.Key)} ({Shorten(pair.Value)})")
                .ToList();
            if (lost.Count > 0)
            {
                throw new SafetensorsException(
                    $"{indexPath}: {lost.Count} tensors are not in the files that it names: "
                        + $"{string.Join(", ", lost.Take(20))}{(lost.Count > 20 ? ", ..." : "")}.");
            }

            return new SafetensorsShards(indexPath, shards, weightMap.ToDictionary(pair => pair.Key, pair => shards[pair.Value], StringComparer.Ordinal));
        }
        catch
        {
            foreach (var shard in shards.Values)
            {
                shard.Dispose();
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null) => Home(name).Read(name, dtype, device);

    /// <inheritdoc/>
    public void ReadInto(string name, Tensor target) => Home(name).ReadInto(name, target);

    bool IWeightSource.HasPacked => _shards.Values.Any(shard => ((IWeightSource)shard).HasPacked);

    PackedWeight? IWeightSource.ReadPacked(string name, long firstRow, long rows) => ((IWeightSource)Home(name)).ReadPacked(name, firstRow, rows);

    long? IWeightSource.PackedBytes(string name) => ((IWeightSource)Home(name)).PackedBytes(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private SafetensorsFile Home(string name) =>
        _homes.TryGetValue(name, out var file)
            ? file
            : throw new SafetensorsException($"{Location}: there is no tensor \"{name}\".");

    private static Dictionary<string, string> ReadIndex(string indexPath)
    {
        if (new FileInfo(indexPath) is { Exists: true, Length: > SafetensorsHeader.MaxLength })
        {
            throw new SafetensorsException($"{indexPath}: over {SafetensorsHeader.MaxLength} bytes: no safetensors index?");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(ModelFile.ReadJson(indexPath), new JsonDocumentOptions { MaxDepth = 16 });
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("weight_map", out var weights)
                || weights.ValueKind != JsonValueKind.Object)
            {
                throw new SafetensorsException($"{indexPath}: it has no \"weight_map\" object.");
            }

            foreach (var pair in weights.EnumerateObject())
            {
                var file = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : "";
                if (file.Length == 0 || !string.Equals(file, Path.GetFileName(file), StringComparison.Ordinal) || file.Contains('\\', StringComparison.Ordinal)
                    || file.Contains('\0', StringComparison.Ordinal))
                {
                    throw new SafetensorsException($"{indexPath}: weight_map[\"{Shorten(pair.Name)}\"] must be the name of a file beside the index.");
                }

                if (!map.TryAdd(pair.Name, file))
                {
                    throw new SafetensorsException($"{indexPath}: weight_map names \"{Shorten(pair.Name)}\" twice.");
                }
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new SafetensorsException($"{indexPath}: not a valid JSON file. {Shorten(fault.Message)}", fault);
        }

        return map;
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : $"{text[..200]}...";
}
