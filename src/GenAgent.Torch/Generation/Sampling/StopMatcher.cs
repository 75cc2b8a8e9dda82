using System.Text;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Generation.Sampling;

/// <summary>
/// Turns sampled ids into text that may be shown: whole characters only, without stop strings and without text that may still become one.
/// For one sequence; not thread-safe.
/// </summary>
internal sealed class StopMatcher(IncrementalDecoder decoder, IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>The stop string that was found, or null.</summary>
    public string? Found { get; private set; }

    /// <summary>Takes the next id, and returns the text that is now final.</summary>
    public string Append(int id) => Take(decoder.Append(id), isEnd: false);

    /// <summary>Ends the stream, and returns the remaining text.</summary>
    public string Flush() => Take(decoder.Flush(), isEnd: true);

    private string Take(string text, bool isEnd)
    {
        if (Found is not null)
        {
            return string.Empty;
        }

        _held.Append(text);
        var held = _held.ToString();
        var first = held.Length;
        foreach (var stop in stops)
        {
            var at = held.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && at < first)
            {
                (first, Found) = (at, stop);
            }
        }

        var certain = Found is not null || isEnd ? first : held.Length - MayBecomeStop(held);
        _held.Clear().Append(held, certain, held.Length - certain);
        return held[..certain];
    }

    /// <summary>How many characters at the end may be the beginning of a stop string.</summary>
    private int MayBecomeStop(string held)
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, held.Length); length > longest; length--)
            {
                if (held.AsSpan(held.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
