using System.Text;
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
    private static readonly string[] Tables = [".csv", ".tsv", ".parquet", ".xlsx"];

    /// <summary>The prompts of a text, one a line.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The prompts, in order.</returns>
    /// <exception cref="PromptFileException">There is no prompt.</exception>
    public static async Task<IReadOnlyList<PromptLine>> ReadAsync(TextReader reader, string name, CancellationToken cancellationToken) =>
        Some(PromptLine.Number((await ReadLinesAsync(reader, cancellationToken)).Select(line => line.Text)), name);

    /// <summary>The prompts of a file, one a line; an object with a <c>prompt</c> a line (<c>.jsonl</c>); or a list of such records (<c>.json</c>).</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The prompts, in order.</returns>
    /// <exception cref="PromptFileException">The file does not exist, cannot be understood, or holds no prompt.</exception>
    public static async Task<IReadOnlyList<PromptLine>> ReadFileAsync(string file, string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path)) throw new PromptFileException($"{file} is a folder: name a file of prompts.");
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return await ReadRecordsAsync(file, path, cancellationToken);
        if (Tables.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            throw new PromptFileException($"{file}: tables are not read; write one prompt a line (.txt), or records with a text \"prompt\" (.json, .jsonl).");
        var lines = await ReadFileLinesAsync(file, path, cancellationToken);
        return Some(PromptLine.Number(
            file.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)
            ? lines.Select((line, index) => FromJson(file, line.Text, line.Number)) : lines.Select(line => line.Text)), file);
    }

    private static async Task<List<(string Text, int Number)>> ReadFileLinesAsync(string file, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return await ReadLinesAsync(reader, cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            throw new PromptFileException($"{file} is no UTF-8 text: {e.Message}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PromptFileException($"{file}: there is no such file.", e);
        }
    }

    private static async Task<List<(string Text, int Number)>> ReadLinesAsync(TextReader reader, CancellationToken cancellationToken)
    {
        var lines = new List<(string, int)>();
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Add((line.Trim(), number));
            }
        }

        return lines;
    }

    // Data sets of prompts as they are published: WISE's and others' lists of records, or one record.
    private static async Task<IReadOnlyList<PromptLine>> ReadRecordsAsync(string file, string path, CancellationToken cancellationToken)
    {
        var prompts = new List<string>();
        try
        {
            await foreach (var record in JsonRecords.ReadAsync(path, cancellationToken))
            {
                prompts.Add(PromptOf(record)
                    ?? throw new PromptFileException($"{file}, record {prompts.Count + 1}: a text, or an object with a text \"prompt\", is wanted."));
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PromptFileException($"{file}: there is no such file.", e);
        }
        catch (InvalidDataException e)
        {
            throw new PromptFileException(e.Message, e);
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

    private static IReadOnlyList<PromptLine> Some(IReadOnlyList<PromptLine> prompts, string name) =>
        prompts.Count > 0 ? prompts : throw new PromptFileException($"{name} holds no prompt: one a line is wanted.");
}
