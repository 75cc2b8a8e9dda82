using GenAgent.Storage;

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
    private readonly List<MetricEntry> _entries;

    private RunLog(string folder, TimeProvider clock, FileStream lines, EventFile events, List<MetricEntry> entries)
        => (_folder, _clock, _lines, _events, _entries) = (folder, clock, lines, events, entries);

    /// <summary>All entries, oldest first.</summary>
    public IReadOnlyList<MetricEntry> Entries => _entries;

    /// <summary>Opens a run's log and cuts off entries later than a step.</summary>
    /// <param name="folder">The run's folder; made if need be.</param>
    /// <param name="step">The last step to keep; 0 starts a new log.</param>
    /// <param name="clock">For the times in the event file.</param>
    /// <returns>The log; the caller disposes it.</returns>
    public static RunLog Open(string folder, long step, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        clock ??= TimeProvider.System;
        var kept = step <= 0 ? [] : MetricsFile.Read(folder).TakeWhile(read => read.Entry.Step <= step).ToList();
        var lines = new FileStream(Path.Combine(folder, MetricsFile.Name), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        lines.SetLength(kept.Count > 0 ? kept[^1].End : 0);
        lines.Seek(0, SeekOrigin.End);
        var events = EventFile.Open(Path.Combine(folder, "events.out.tfevents.genagent"), step, clock);
        return new RunLog(folder, clock, lines, events, [.. kept.Select(read => read.Entry)]);
    }

    /// <summary>Appends figures; they are written when this returns.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="samples">Samples seen.</param>
    /// <param name="values">Figures by name; a <c>/</c> groups them.</param>
    public void Write(long step, long samples, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var entry = new MetricEntry(step, samples, values);
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
}
