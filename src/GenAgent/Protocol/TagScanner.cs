namespace GenAgent.Protocol;

/// <summary>
/// Splits streamed text into tags and the text between them, in one pass. A tag may arrive in any number of pieces: text that may still become a tag is
/// held back, at most a tag's length.
/// </summary>
internal sealed class TagScanner(TagScanner.IListener listener)
{
    private string _held = string.Empty;

    /// <summary>Receives the scanned parts, in order and without gaps.</summary>
    internal interface IListener
    {
        void OnText(int position, ReadOnlySpan<char> text);

        void OnTag(int position, ProtocolTag tag);
    }

    /// <summary>Number of characters passed on.</summary>
    public int Position { get; private set; }

    public void Append(ReadOnlySpan<char> text)
    {
        if (_held.Length > 0)
        {
            text = string.Concat(_held, text);
            _held = string.Empty;
        }

        Scan(text, final: false);
    }

    public void Complete()
    {
        var rest = _held;
        _held = string.Empty;
        Scan(rest, final: true);
    }

    private void Scan(ReadOnlySpan<char> text, bool final)
    {
        while (!text.IsEmpty)
        {
            var start = text.IndexOf('<');
            if (start != 0)
            {
                HandText(ref text, start < 0 ? text.Length : start);
                continue;
            }

            if (ProtocolTag.TryRead(text, out var tag, out var couldBecomeTag))
            {
                listener.OnTag(Position, tag);
                Position += tag.Text.Length;
                text = text[tag.Text.Length..];
            }
            else if (couldBecomeTag && !final)
            {
                _held = text.ToString();
                return;
            }
            else
            {
                HandText(ref text, 1);
            }
        }
    }

    private void HandText(ref ReadOnlySpan<char> text, int length)
    {
        listener.OnText(Position, text[..length]);
        Position += length;
        text = text[length..];
    }
}
