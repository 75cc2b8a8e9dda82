using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Trajectories;

namespace GenAgent.Storage;

/// <summary>The file of a training run's figures: one entry a line.</summary>
public static class MetricsFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "metrics.jsonl";

    /// <summary>Reads a run's entries while it may still be writing; stops at an incomplete line, and passes over one that is damaged.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <returns>The entries, oldest first, each with the position in the file behind its line, in bytes; none if the folder has no such file.</returns>
    public static IEnumerable<(MetricEntry Entry, long End)> Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path)) yield break;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var end = 0L;
        foreach (var (line, ended) in LineReader.Read(file))
        {
            if (!ended) yield break;
            end += line.Length + 1;
            if (MetricEntry.TryParse(line) is { } entry) yield return (entry, end);
        }
    }
}

/// <summary>A training run's figures at a step.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Samples">Samples seen.</param>
/// <param name="Values">Figures by name; they may be infinite or not a number.</param>
public sealed record MetricEntry(long Step, long Samples, IReadOnlyDictionary<string, double> Values)
{
    /// <summary>The entry as a line of the file, its end included.</summary>
    /// <returns>UTF-8.</returns>
    public byte[] ToLine()
    {
        var json = new JsonObject { ["step"] = Step, ["samples"] = Samples };
        foreach (var (name, value) in Values.OrderBy(v => v.Key, StringComparer.Ordinal))
            json[name] = double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));
        return [.. JsonSerializer.SerializeToUtf8Bytes(json), (byte)'\n'];
    }

    internal static MetricEntry? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject json) return null;
            var values = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var (name, value) in json)
            {
                if (name is "step" or "samples" || value is null) continue;
                values[name] = value.GetValueKind() == JsonValueKind.String
                    ? double.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture)
                    : value.GetValue<double>();
            }

            return new MetricEntry((long)json["step"]!, (long)json["samples"]!, values);
        }
        catch (Exception fault) when (fault is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
