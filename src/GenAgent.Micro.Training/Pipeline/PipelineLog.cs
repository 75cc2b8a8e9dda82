using System.Text;
using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Micro.Training.Pipeline;

/// <summary>A step that a pipeline has finished. Immutable.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Command">The arguments of <c>genagent</c>.</param>
/// <param name="Started">When it was started.</param>
/// <param name="Seconds">How long it took this time; a step that was resumed has a line for each time.</param>
/// <param name="Done">Whether it was finished.</param>
public sealed record PipelineLogEntry(string Stage, IReadOnlyList<string> Command, DateTimeOffset Started, double Seconds, bool Done);

/// <summary>What a pipeline has run and how long it took, a line of JSON each. Used by one process at a time.</summary>
/// <param name="path">The file; it need not exist.</param>
public sealed class PipelineLog(string path)
{
    private readonly List<PipelineLogEntry> _entries = [.. Read(path)];

    /// <summary>Seconds spent on a step so far; null if it was never finished.</summary>
    public double? SecondsOf(IReadOnlyList<string> command) =>
        _entries.Exists(entry => entry.Done && IsOf(entry, command)) ? _entries.Where(entry => IsOf(entry, command)).Sum(entry => entry.Seconds) : null;

    /// <summary>Adds a line, on the disk before this returns.</summary>
    public void Add(PipelineLogEntry entry)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entry, SnakeCaseJson.Options) + "\n"));
        file.Flush(flushToDisk: true);
        _entries.Add(entry);
    }

    private static bool IsOf(PipelineLogEntry entry, IReadOnlyList<string> command) => entry.Command.SequenceEqual(command, StringComparer.Ordinal);

    // A line that a crash cut off tells of a step that was not finished.
    private static IEnumerable<PipelineLogEntry> Read(string path)
    {
        foreach (var line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            PipelineLogEntry? entry;
            try
            {
                entry = JsonSerializer.Deserialize<PipelineLogEntry>(line, SnakeCaseJson.Options);
            }
            catch (JsonException)
            {
                continue;
            }

            if (entry is { Command: not null }) yield return entry;
        }
    }
}
