using System.Text;
using System.Text.Json;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Micro.Training.Pipeline;

/// <summary>A step that a pipeline has finished. Immutable.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Command">The arguments of <c>genagent</c>.</param>
/// <param name="Started">When it was started.</param>
/// <param name="Seconds">How long it took this time; a step that was resumed has a line for each time.</param>
/// <param name="Done">Whether it was finished.</param>
public sealed record PipelineLogEntry(string Stage, IReadOnlyList<string> Command, DateTimeOffset Started, double Seconds, bool Done);

/// <summary>What a pipeline has run and how long it took, a line of JSON each. Used by one process at a time.</summary>
public sealed class PipelineLog : IAsyncDisposable
{
    private readonly LineFile _lines;
    private readonly List<PipelineLogEntry> _entries;

    private PipelineLog(LineFile lines, IEnumerable<PipelineLogEntry> entries) => (_lines, _entries) = (lines, [.. entries]);

    /// <summary>Opens or makes a log. A last line that a crash cut off tells of a step that was not finished: it is removed.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The log, with what was finished before.</returns>
    public static PipelineLog Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var entries = File.Exists(path) ? File.ReadLines(path).Select(line => Read(line)).OfType<PipelineLogEntry>().ToList() : [];
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
        return new(new(file, line => Read(Encoding.UTF8.GetString(line.Span)) is not null), entries);
    }

    /// <summary>How long a step took so far, all its runs together.</summary>
    /// <param name="command">The step's command.</param>
    /// <returns>Seconds; null if it was never finished.</returns>
    public double? SecondsOf(IReadOnlyList<string> command) =>
        _entries.Exists(entry => entry.Done && IsOf(entry, command)) ? _entries.Where(entry => IsOf(entry, command)).Sum(entry => entry.Seconds) : null;

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>A task that ends when the entry is on the disk.</returns>
    /// <exception cref="IOException">It could not be written.</exception>
    public async Task AddAsync(PipelineLogEntry entry)
    {
        await _lines.AppendAsync(JsonSerializer.SerializeToUtf8Bytes(entry, SnakeCaseJson.Options));
        _entries.Add(entry);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _lines.DisposeAsync();

    private static bool IsOf(PipelineLogEntry entry, IReadOnlyList<string> command) => entry.Command.SequenceEqual(command, StringComparer.Ordinal);

    private static PipelineLogEntry? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<PipelineLogEntry>(line, SnakeCaseJson.Options) is { Command: not null } entry ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
