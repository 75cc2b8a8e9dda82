using System.Text;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Runs;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands;

/// <summary>Where prompts come from: the command line, a file, or standard input; one a line, blank lines left out, or records of a JSON file.</summary>
internal static class PromptSource
{
    private const string StandardInput = "-";

    private static readonly string[] Tables = [".csv", ".tsv", ".parquet", ".xlsx"];

    /// <summary>The prompts of a file or of standard input; null when the command line itself holds the prompt.</summary>
    /// <exception cref="CliException">There is no prompt, or the file cannot be read.</exception>
    public static async Task<IReadOnlyList<PromptLine>?> ReadManyAsync(CliHost host, string[] words, string? file, CancellationToken cancellationToken)
    {
        if (file is null && words is not [StandardInput])
        {
            return words.Length > 0 ? null : throw new CliException(ExitCode.Usage, "There is no prompt. Write one, as in: genagent generate \"a red cat\"; or name a file of them with --prompts FILE, or - for standard input.");
        }

        if (file is not null && words.Length > 0)
        {
            throw new CliException(ExitCode.Usage, "Give a prompt or --prompts, not both.");
        }

        file ??= StandardInput;
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)) return await ReadRecordsAsync(host, file, cancellationToken);
        if (Tables.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            throw new CliException(ExitCode.Usage, $"--prompts {file}: tables are not read; write one prompt a line (.txt), or records with a text \"prompt\" (.json, .jsonl).");
        var lines = IsStandardInput(file) ? await ReadLinesAsync(host.Input, cancellationToken) : await ReadFileAsync(host, file, cancellationToken);
        var prompts = PromptLine.Number(file.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? lines.Select((line, index) => FromJson(file, line.Text, line.Number)) : lines.Select(line => line.Text));
        return prompts.Count > 0 ? prompts : throw new CliException(ExitCode.Usage, $"{Name(file)} holds no prompt: one a line is wanted.");
    }

    private static async Task<List<(string Text, int Number)>> ReadFileAsync(CliHost host, string file, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(host.FullPath(file), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return await ReadLinesAsync(reader, cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            throw new CliException(ExitCode.Usage, $"{file} is no UTF-8 text: {e.Message}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCode.Usage, $"--prompts {file}: there is no such file.", e);
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
    private static async Task<IReadOnlyList<PromptLine>> ReadRecordsAsync(CliHost host, string file, CancellationToken cancellationToken)
    {
        var prompts = new List<string>();
        try
        {
            await foreach (var record in JsonRecords.ReadAsync(host.FullPath(file), cancellationToken))
            {
                prompts.Add(PromptOf(record) ?? throw new CliException(ExitCode.Usage, $"{file}, record {prompts.Count + 1}: a text, or an object with a text \"prompt\", is wanted."));
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException(ExitCode.Usage, $"--prompts {file}: there is no such file.", e);
        }
        catch (InvalidDataException e)
        {
            throw new CliException(ExitCode.Usage, e.Message, e);
        }

        return prompts.Count > 0 ? PromptLine.Number(prompts) : throw new CliException(ExitCode.Usage, $"{file} holds no prompt.");
    }

    private static string FromJson(string file, string line, int number)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return PromptOf(json.RootElement) ?? throw new CliException(ExitCode.Usage, $"{file}, line {number}: an object with a text \"prompt\" is wanted.");
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Usage, $"{file}, line {number} is no JSON: {e.Message}", e);
        }
    }

    private static string? PromptOf(JsonElement record) => JsonPrompt.Of(record) is { } prompt && !string.IsNullOrWhiteSpace(prompt) ? prompt : null;

    private static bool IsStandardInput(string file) => file.Equals(StandardInput, StringComparison.Ordinal);

    private static string Name(string file) => IsStandardInput(file) ? "Standard input" : file;
}
