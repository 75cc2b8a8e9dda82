namespace GenAgent.Micro.Language;

/// <summary>A file of the request language breaks its format; the message names file, line and column.</summary>
/// <param name="file">The file.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="column">The column, from 1.</param>
/// <param name="problem">What is wrong, and what would be right.</param>
internal sealed class LanguageFormatException(string file, int line, int column, string problem) : FormatException($"{file}({line},{column}): {problem}")
{
    /// <summary>The file.</summary>
    public string File { get; } = file;

    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The column, from 1.</summary>
    public int Column { get; } = column;
}
