using System.Text.Json;
using System.Text.Json.Nodes;

namespace GenAgent.Training.Logging;

/// <summary>
/// A run's figures in three formats in one folder: <c>metrics.jsonl</c> (one entry a line), TensorBoard's event file, and <c>metrics.png</c>.
/// Entries are written through at once and survive a killed process; on resuming, those later than the checkpoint are cut off, so that no step appears
/// twice. Used by one thread at a time.
/// </summary>
public sealed class RunLog : IDisposable
{
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly FileStream _lines;
    private readonly EventFile _events;
    private readonly List<LogEntry> _entries;

    private RunLog(string folder, TimeProvider clock, FileStream lines, EventFile events, List<LogEntry> entries)
        => (_folder, _clock, _lines, _events, _entries) = (folder, clock, lines, events, entries);

    /// <summary>All entries, oldest first.</summary>
    public IReadOnlyList<LogEntry> Entries => _entries;

    /// <summary>Opens a run's log and cuts off entries later than a step.</summary>
    /// <param name="folder">The run's folder; made if need be.</param>
    /// <param name="step">The last step to keep; 0 starts a new log.</param>
    /// <param name="clock">For the times in the event file.</param>
    public static RunLog Open(string folder, long step, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        clock ??= TimeProvider.System;
        var path = Path.Combine(folder, "metrics.jsonl");
        var (entries, length) = ReadEntries(path, step);
        var lines = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        lines.SetLength(length);
        lines.Seek(0, SeekOrigin.End);
        return new RunLog(folder, clock, lines, EventFile.Open(Path.Combine(folder, "events.out.tfevents.genagent"), step, clock), entries);
    }

    /// <summary>Reads a run's entries without changing the log; stops at an incomplete line.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <returns>The entries, oldest first; empty if the folder has no log.</returns>
    public static IReadOnlyList<LogEntry> Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ReadEntries(Path.Combine(folder, "metrics.jsonl"), long.MaxValue).Entries;
    }

    /// <summary>Appends figures; they are written when this returns.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="samples">Samples seen.</param>
    /// <param name="values">Figures by name; a <c>/</c> groups them.</param>
    public void Write(long step, long samples, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var entry = new LogEntry(step, samples, values);
        _entries.Add(entry);
        _lines.Write(entry.ToLine());
        _lines.Flush();
        _events.WriteScalars(step, values, _clock.GetUtcNow());
    }

    /// <summary>Adds a picture to the event file, and writes it beside the log as <c>TAG-STEP.png</c>.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="tag">The picture's name; a <c>/</c> groups names.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="png">The PNG file.</param>
    public void WriteImage(long step, string tag, int width, int height, ReadOnlyMemory<byte> png)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        File.WriteAllBytes(Path.Combine(_folder, FormattableString.Invariant($"{tag.Replace('/', '-')}-{step:D7}.png")), png.Span);
        _events.WriteImage(step, tag, width, height, png, _clock.GetUtcNow());
    }

    /// <summary>Flushes the files to disk.</summary>
    public void Flush()
    {
        _lines.Flush(flushToDisk: true);
        _events.Flush();
    }

    /// <summary>Redraws the plot if there are enough entries.</summary>
    public void DrawPlot() => MetricPlot.Write(Path.Combine(_folder, "metrics.png"), _entries);

    /// <inheritdoc/>
    public void Dispose()
    {
        _lines.Dispose();
        _events.Dispose();
    }

    // Reading stops at an incomplete line (of a killed process) or at a line of a later step.
    private static (List<LogEntry> Entries, long Length) ReadEntries(string path, long step)
    {
        var entries = new List<LogEntry>();
        if (step <= 0 || !File.Exists(path)) return (entries, 0);
        var bytes = File.ReadAllBytes(path);
        var at = 0;
        while (Array.IndexOf(bytes, (byte)'\n', at) is var end and >= 0)
        {
            if (LogEntry.TryParse(bytes.AsSpan(at, end - at)) is not { } entry || entry.Step > step) break;
            entries.Add(entry);
            at = end + 1;
        }

        return (entries, at);
    }
}

/// <summary>One entry of a run's log.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Samples">Samples seen.</param>
/// <param name="Values">Figures by name.</param>
public sealed record LogEntry(long Step, long Samples, IReadOnlyDictionary<string, double> Values)
{
    internal byte[] ToLine()
    {
        var json = new JsonObject { ["step"] = Step, ["samples"] = Samples };
        foreach (var (name, value) in Values.OrderBy(v => v.Key, StringComparer.Ordinal))
            json[name] = double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return [.. JsonSerializer.SerializeToUtf8Bytes(json), (byte)'\n'];
    }

    internal static LogEntry? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            if (JsonNode.Parse(line) is not JsonObject json) return null;
            var values = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var (name, value) in json)
            {
                if (name is "step" or "samples" || value is null) continue;
                values[name] = value.GetValueKind() == JsonValueKind.String
                    ? double.Parse(value.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture)
                    : value.GetValue<double>();
            }

            return new LogEntry((long)json["step"]!, (long)json["samples"]!, values);
        }
        catch (Exception fault) when (fault is JsonException or FormatException or ArgumentNullException or InvalidOperationException)
        {
            return null;
        }
    }
}
