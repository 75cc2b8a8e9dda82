using System.Text.Json;
using GenAgent.Judging;
using GenAgent.Seeds;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis;

/// <summary>
/// Prompts from a file, one a line, or records of a JSON array (.json): plain words, or a JSON object with <c>prompt</c> and where there is one <c>id</c>,
/// <c>category</c>, <c>constraints</c>, <c>checklist</c> (texts) and <c>reference</c> (an image below the file's folder). Index beyond the last line begin
/// anew.
/// </summary>
public sealed class PromptFile : ISynthesisPrompts
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly List<Line> _lines = [];
    private readonly string _folder;

    /// <summary>Reads the file.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="InvalidDataException">A line is no prompt, or there is none; the message names file and line.</exception>
    public PromptFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Name = Path.GetFileName(path);
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        JsonPrompt.RefuseTable(path);
        if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var record in JsonRecords.ReadAsync(path).ToBlockingEnumerable()) _lines.Add(Read(record, $"{path}, record {_lines.Count + 1}"));
        }
        else
        {
            using var reader = TextFile.Open(path);
            var allRecords = JsonPrompt.IsRecordFile(path);
            foreach (var (line, number) in TextFile.LinesAsync(reader, path).ToBlockingEnumerable())
                _lines.Add(allRecords || JsonPrompt.IsRecord(line) ? Read(line, $"{path}, line {number}") : new(line));
        }

        foreach (var line in _lines.Where(line => line.Reference is not null)) InnerPath.Resolve(_folder, line.Reference!);
        if (_lines.Count == 0)
            throw new InvalidDataException($"{path} holds no prompt.");
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public SynthesisPrompt Draw(long index, SeedPath seed)
    {
        var at = (int)(index % _lines.Count);
        var line = _lines[at];
        return new(line.Id ?? $"{Name}/{at + 1}", line.Category ?? "prompts", line.Prompt)
        {
            Constraints = line.Constraints,
            Checklist = line.Checklist ?? [],
            Reference = line.Reference is { } image ? new DataContent(InnerPath.Read(InnerPath.Resolve(_folder, image)), MediaType(image)) : null,
        };
    }

    private static string MediaType(string image) =>
        Path.GetExtension(image).ToLowerInvariant() switch { ".jpg" or ".jpeg" => "image/jpeg", ".webp" => "image/webp", _ => "image/png" };

    private static Line Read(string line, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return Read(json.RootElement, place);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{place}: no prompt: {e.Message}", e);
        }
    }

    private static Line Read(JsonElement record, string place)
    {
        if (JsonPrompt.Of(record) is not { } prompt || string.IsNullOrWhiteSpace(prompt))
            throw new InvalidDataException($"{place}: no prompt: it has no \"prompt\"");
        if (record.ValueKind == JsonValueKind.String) return new(prompt);
        try
        {
            JsonFaults.RequireNoNullInLists(JsonSerializer.SerializeToUtf8Bytes(record));
            return record.Deserialize<Line>(Json)! with { Prompt = prompt };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{place}: no prompt: {e.Message}", e);
        }
    }

    private sealed record Line(
        string Prompt,
        string? Id = null,
        string? Category = null,
        PromptConstraints? Constraints = null,
        IReadOnlyList<string>? Checklist = null,
        string? Reference = null);
}
