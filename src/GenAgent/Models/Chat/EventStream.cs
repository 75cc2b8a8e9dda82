using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace GenAgent.Models.Chat;

/// <summary>A piece of an answer.</summary>
/// <param name="Text">JSON, or other text.</param>
/// <param name="Event">The event's name; null for none.</param>
/// <param name="IsWhole">Whether it is the whole answer instead of a stream event.</param>
internal readonly record struct AnswerPiece(string Text, string? Event, bool IsWhole)
{
    /// <summary>The mark that ends a stream.</summary>
    public bool IsDone => !IsWhole && Text is "[DONE]";
}

/// <summary>
/// Splits an answer into its pieces: server-sent events, JSON lines, or one JSON document, regardless of the content type.
/// </summary>
internal static class EventStream
{
    public static async IAsyncEnumerable<AnswerPiece> ReadAsync(Stream body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(body, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, bufferSize: 4096, leaveOpen: true);
        string? name = null;
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (data.Length == 0 && Starts(line) && !IsJson(line))
            {
                // JSON over several lines is a whole answer, not a stream.
                yield return new(line + "\n" + await reader.ReadToEndAsync(cancellationToken), name, IsWhole: true);
                yield break;
            }

            if (line.StartsWith("event:", StringComparison.Ordinal))
            {
                name = line[6..].Trim();
            }
            else if (line.StartsWith("data:", StringComparison.Ordinal) || Starts(line))
            {
                var text = Starts(line) ? line : line[5..];
                data.Append(data.Length > 0 ? "\n" : string.Empty).Append(text.StartsWith(' ') ? text.AsSpan(1) : text);
                if (data.ToString() is var whole && (whole.Trim() is "[DONE]" || IsJson(whole)))
                {
                    data.Clear();
                    yield return new(whole.Trim(), name, IsWhole: Starts(line));
                    name = null;
                }
            }
            else if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    yield return new(data.ToString(), name, IsWhole: false);
                }

                data.Clear();
                name = null;
            }
            else if (line[0] != ':' && !line.StartsWith("id:", StringComparison.Ordinal) && !line.StartsWith("retry:", StringComparison.Ordinal))
            {
                yield return new(line + "\n" + await reader.ReadToEndAsync(cancellationToken), name, IsWhole: true);
                yield break;
            }
        }

        if (data.Length > 0)
        {
            yield return new(data.ToString(), name, IsWhole: false);
        }
    }

    private static bool Starts(string line) => line.AsSpan().TrimStart() is ['{' or '[', ..];

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
