using System.Runtime.InteropServices;
using System.Text;

namespace GenAgent.Torch.Tokenizers;

/// <summary>Decodes one id at a time and never returns part of a character. For one stream of ids; not thread-safe.</summary>
public sealed class IncrementalDecoder
{
    private readonly Func<int, byte[]?> _bytesOf;
    private readonly DecoderStyle _style;
    private readonly List<byte> _pending = [];
    private readonly StringBuilder _heldBlanks = new();
    private bool _started;
    private bool _shown;

    internal IncrementalDecoder(Func<int, byte[]?> bytesOf, DecoderStyle style)
    {
        _bytesOf = bytesOf;
        _style = style;
    }

    /// <summary>Takes the next id and returns the text that is now complete; often empty.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Text, often empty.</returns>
    public string Append(int id)
    {
        var bytes = _bytesOf(id);
        if (bytes is null)
        {
            return "";
        }

        if (!_started && _style == DecoderStyle.DropFirstBlanks)
        {
            bytes = Array.FindAll(bytes, static b => b != (byte)' ');
        }

        _started = true;
        _pending.AddRange(bytes);
        return Shape(Take(_pending.Count - CutCharacter(CollectionsMarshal.AsSpan(_pending))));
    }

    /// <summary>Ends the stream: returns U+FFFD if a character is incomplete, else an empty text.</summary>
    /// <returns>U+FFFD, or an empty text.</returns>
    public string Flush() => Shape(Take(_pending.Count));

    private string Take(int count)
    {
        var text = Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_pending)[..count]);
        _pending.RemoveRange(0, count);
        return text;
    }

    // How many bytes at the end begin a character that more bytes may complete. A cut surrogate (ED A0..BF), which nothing can
    // complete, waits for its third byte too: so does the reference.
    private static int CutCharacter(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count <= Math.Min(3, bytes.Length); count++)
        {
            var lead = bytes[^count];
            if (lead is >= 0x80 and < 0xC0)
            {
                continue;
            }

            var length = lead switch { >= 0xC2 and < 0xE0 => 2, >= 0xE0 and < 0xF0 => 3, >= 0xF0 and < 0xF5 => 4, _ => 0 };
            var second = count > 1 ? bytes[^(count - 1)] : (byte)0;
            var possible = count == 1 || (lead, second) is not ((0xE0, < 0xA0) or (0xF0, < 0x90) or (0xF4, >= 0x90));
            return count < length && possible ? count : 0;
        }

        return 0;
    }

    // Trims a stream: blanks are delayed until text follows them, and dropped at the start and the end.
    private string Shape(string text)
    {
        if (_style != DecoderStyle.Trim || text.Length == 0)
        {
            return text;
        }

        var body = text.TrimEnd();
        if (body.Length == 0)
        {
            _heldBlanks.Append(text);
            return "";
        }

        var held = _heldBlanks.ToString();
        _heldBlanks.Clear().Append(text, body.Length, text.Length - body.Length);
        var result = _shown ? held + body : body.TrimStart();
        _shown = true;
        return result;
    }
}

/// <summary>What the reference decoders do apart from joining bytes.</summary>
internal enum DecoderStyle
{
    /// <summary>Nothing (byte-level BPE).</summary>
    Plain,

    /// <summary>The blanks of the first token are left out (sentencepiece).</summary>
    DropFirstBlanks,

    /// <summary>Blanks at both ends are left out (CLIP).</summary>
    Trim,
}
