using System.Runtime.CompilerServices;
using System.Text;
using GenAgent.Storage;

namespace GenAgent.Models.Chat;

/// <summary>A piece of an answer.</summary>
/// <param name="Text">JSON, or other text.</param>
/// <param name="Event">The event's name; null for none.</param>
/// <param name="IsWhole">Whether it is the whole answer instead of a stream event.</param>
internal readonly record struct AnswerPiece(string Text, string? Event, bool IsWhole)
{
    private static readonly string[] Pings = ["ping", "heartbeat", "keepalive", "keep-alive"];

    /// <summary>The mark that ends a stream.</summary>
    public bool IsDone => !IsWhole && IsEnd(Text);

    /// <summary>Whether it only keeps the connection open: an event or a word of that name, or null.</summary>
    public bool KeepsAlive => !IsWhole && (Like(Event) || Text.Trim() is "null" || Like(Text.Trim().Trim('[', ']', '"')));

    /// <summary>Whether the data of an event is the mark that ends a stream; some servers write it as JSON.</summary>
    public static bool IsEnd(string data) => data.Trim().Trim('"').Equals("[DONE]", StringComparison.OrdinalIgnoreCase);

    private static bool Like(string? word) => Pings.Contains(word, StringComparer.OrdinalIgnoreCase);
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
        while (await reader.ReadLineAsync(cancellationToken) is { } read)
        {
            var line = read.TrimStart() is var trimmed && trimmed.StartsWith("data:", StringComparison.Ordinal) ? trimmed : read;
            if (data.Length == 0 && Starts(line) && LooseJson.Values(line) is null)
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
                data.Append(data.Length > 0 ? "\n" : string.Empty).Append(Data(line));
                if (data.ToString() is var whole && (AnswerPiece.IsEnd(whole) ? [whole.Trim()] : LooseJson.Values(whole)) is { } values)
                {
                    data.Clear();
                    foreach (var value in values) yield return new(value, name, IsWhole: Starts(line));
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

    // A proxy that wraps a stream in events again writes "data: data: {...}".
    private static ReadOnlySpan<char> Data(string line)
    {
        var text = line.AsSpan();
        while (text.StartsWith("data:", StringComparison.Ordinal)) text = text[5..] is [' ', .. var rest] ? rest : text[5..];
        return text;
    }
}
