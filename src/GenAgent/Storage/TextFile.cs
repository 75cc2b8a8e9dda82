using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace GenAgent.Storage;

/// <summary>
/// Text that people write, in UTF-8 or in what its byte order mark says: bytes that are no such text are refused, never replaced by other characters.
/// </summary>
public static class TextFile
{
    private const char Mark = '\uFEFF';

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a file, without its byte order mark.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The text.</returns>
    /// <exception cref="InvalidDataException">The file is no such text; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Read(string path)
    {
        using var reader = Open(path);
        try
        {
            var text = reader.ReadToEnd();
            return text.Contains('\0', StringComparison.Ordinal) ? throw Zeros(path) : text;
        }
        catch (DecoderFallbackException wrong)
        {
            throw NoText(path, wrong);
        }
    }

    /// <summary>A reader of a file's text, which throws <see cref="DecoderFallbackException"/> at bytes that are none.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The reader; the caller disposes it.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static StreamReader Open(string path)
    {
        RequireFile(path);
        return new(path, Strict);
    }

    /// <summary>The same of a stream, as standard input is.</summary>
    /// <param name="stream">The stream.</param>
    /// <returns>The reader; the caller disposes it.</returns>
    public static StreamReader Open(Stream stream) => new(stream, Strict);

    /// <summary>Says of a path that the user named what it is, where it is no file.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="FileNotFoundException">There is nothing.</exception>
    /// <exception cref="InvalidDataException">There is a folder.</exception>
    public static void RequireFile(string path)
    {
        if (Directory.Exists(path)) throw new InvalidDataException($"{path} is a folder: name a file.");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: there is no such file.", path);
    }

    /// <summary>The lines that are not blank, each without the blanks around it and without the marks that joined files leave at its beginning.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="cancellationToken">Stops the reading, also while it waits for somebody to write.</param>
    /// <returns>The lines with their numbers, from 1.</returns>
    /// <exception cref="InvalidDataException">It is no text; the message says where.</exception>
    public static async IAsyncEnumerable<(string Text, int Number)> LinesAsync(
        TextReader reader, string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        for (var number = 1; await NextAsync() is { } line; number++)
        {
            if (line.Contains('\0', StringComparison.Ordinal)) throw Zeros(string.Create(CultureInfo.InvariantCulture, $"{name}, line {number}"));
            if (line.Trim().TrimStart(Mark).TrimStart() is { Length: > 0 } text) yield return (text, number);
        }

        // Standard input may have nothing to read for ever, and its reading hears of no stop. A terminal's reader holds up whoever asks it.
        async Task<string?> NextAsync()
        {
            try
            {
                var next = reader is StreamReader ? reader.ReadLineAsync(cancellationToken).AsTask() : Task.Run(reader.ReadLine, cancellationToken);
                return await next.WaitAsync(cancellationToken);
            }
            catch (DecoderFallbackException wrong)
            {
                throw NoText(name, wrong);
            }
        }
    }

    private static InvalidDataException NoText(string name, DecoderFallbackException cause) =>
        new($"{name} is no UTF-8 text: {cause.Message} Save it as UTF-8.", cause);

    private static InvalidDataException Zeros(string name) =>
        new($"{name} is no UTF-8 text: it holds zero bytes, as UTF-16 without a byte order mark does. Save it as UTF-8.");
}
