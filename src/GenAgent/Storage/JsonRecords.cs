using System.Runtime.CompilerServices;
using System.Text.Json;

namespace GenAgent.Storage;

/// <summary>The records of a file, a JSON array or JSON values one after the other (JSON Lines), however its editor begins it.</summary>
public static class JsonRecords
{
    private static readonly JsonSerializerOptions Json = new() { MaxDepth = 64 };

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a file record by record, without holding more than one.</summary>
    /// <param name="file">JSON Lines, or a JSON list.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The records, in order.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is no JSON from some record on; the message names file and record.</exception>
    public static async IAsyncEnumerable<JsonElement> ReadAsync(string file, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TextFile.RequireFile(file);
        await using var stream = File.OpenRead(file);
        var isLines = SkipToFirst(file, stream) != '[';
        var number = 0L;
        await using var records = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream, isLines, Json, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await NextAsync())
        {
            number++;
            yield return records.Current;
        }

        async Task<bool> NextAsync()
        {
            try
            {
                return await records.MoveNextAsync();
            }
            catch (JsonException broken)
            {
                throw new InvalidDataException($"{file}, record {number + 1}: {broken.Message}", broken);
            }
        }
    }

    /// <summary>The bytes behind a UTF-8 byte order mark.</summary>
    /// <param name="bytes">A file's bytes.</param>
    /// <returns>The bytes without the mark.</returns>
    public static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) => bytes.AsSpan().StartsWith(Utf8Mark) ? bytes.AsMemory(Utf8Mark.Length) : bytes;

    // Editors on Windows put a byte order mark in front, people a line.
    private static int SkipToFirst(string file, FileStream stream)
    {
        Span<byte> start = stackalloc byte[3];
        var count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (count >= 2 && (start[0], start[1]) is (0xFF, 0xFE) or (0xFE, 0xFF))
            throw new InvalidDataException($"{file} is UTF-16 text: save it as UTF-8.");
        stream.Position = start[..count].StartsWith(Utf8Mark) ? Utf8Mark.Length : 0;
        int first;
        do
        {
            first = stream.ReadByte();
        }
        while (first is ' ' or '\t' or '\r' or '\n');
        if (first >= 0) stream.Position--;
        return first;
    }
}
