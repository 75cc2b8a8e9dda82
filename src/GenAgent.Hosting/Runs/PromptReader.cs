using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Hosting.Runs;

/// <summary>A file of prompts cannot be used; the message says which, where and why.</summary>
/// <param name="message">Which file, where in it, and why.</param>
/// <param name="innerException">The cause; null for none.</param>
public sealed class PromptFileException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Reads many prompts: from lines of text, blank lines ignored, or from the records of a JSON file.</summary>
public static class PromptReader
{
    /// <summary>The prompts of a text, one a line: words, or a JSON object with a text <c>prompt</c>.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The prompts, in order.</returns>
    /// <exception cref="PromptFileException">There is no prompt, or a line is none.</exception>
    public static Task<IReadOnlyList<PromptLine>> ReadAsync(TextReader reader, string name, CancellationToken cancellationToken) =>
        ReadLinesAsync(reader, name, JsonPrompt.IsRecord, cancellationToken);

    /// <summary>The prompts of a file, one a line; an object with a <c>prompt</c> a line (<c>.jsonl</c>); or a list of such records (<c>.json</c>).</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The prompts, in order.</returns>
    /// <exception cref="PromptFileException">The file does not exist, cannot be understood, or holds no prompt.</exception>
    public static async Task<IReadOnlyList<PromptLine>> ReadFileAsync(string file, string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path)) throw new PromptFileException($"{file} is a folder: name a file of prompts.");
        try
        {
            JsonPrompt.RefuseTable(file);
            if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return await ReadRecordsAsync(file, path, cancellationToken);
            using var reader = TextFile.Open(path);
            return await ReadLinesAsync(reader, file, JsonPrompt.IsRecordFile(file) ? _ => true : JsonPrompt.IsRecord, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PromptFileException($"{file}: there is no such file.", e);
        }
        catch (InvalidDataException e)
        {
            throw new PromptFileException(e.Message, e);
        }
    }

    private static async Task<IReadOnlyList<PromptLine>> ReadLinesAsync(
        TextReader reader, string name, Func<string, bool> isRecord, CancellationToken cancellationToken)
    {
        var prompts = new List<string>();
        try
        {
            await foreach (var (text, number) in TextFile.LinesAsync(reader, name, cancellationToken))
                prompts.Add(isRecord(text) ? FromJson(name, text, number) : text);
        }
        catch (InvalidDataException e)
        {
            throw new PromptFileException(e.Message, e);
        }

        return prompts.Count > 0 ? PromptLine.Number(prompts) : throw new PromptFileException($"{name} holds no prompt: one a line is wanted.");
    }

    // Data sets of prompts as they are published: WISE's and others' lists of records, or one record.
    private static async Task<IReadOnlyList<PromptLine>> ReadRecordsAsync(string file, string path, CancellationToken cancellationToken)
    {
        var prompts = new List<string>();
        await foreach (var record in JsonRecords.ReadAsync(path, cancellationToken))
        {
            prompts.Add(PromptOf(record)
                ?? throw new PromptFileException($"{file}, record {prompts.Count + 1}: a text, or an object with a text \"prompt\", is wanted."));
        }

        return prompts.Count > 0 ? PromptLine.Number(prompts) : throw new PromptFileException($"{file} holds no prompt.");
    }

    private static string FromJson(string file, string line, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return PromptOf(json.RootElement) ?? throw new PromptFileException($"{file}, line {number}: an object with a text \"prompt\" is wanted.");
        }
        catch (JsonException e)
        {
            throw new PromptFileException($"{file}, line {number} is no JSON: {e.Message}", e);
        }
    }

    private static string? PromptOf(JsonElement record) => JsonPrompt.Of(record) is { } prompt && !string.IsNullOrWhiteSpace(prompt) ? prompt : null;
}
