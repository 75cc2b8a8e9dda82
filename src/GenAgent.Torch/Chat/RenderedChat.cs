using System.Text;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Chat;

/// <summary>A conversation's ids.</summary>
/// <param name="Ids">Image pads are expanded, one id per image feature.</param>
/// <param name="AssistantSpans">The ids that count as the assistant's output in supervised training, as [start, end) ranges: content and the end of the
/// turn.</param>
public sealed record ChatTokens(IReadOnlyList<int> Ids, IReadOnlyList<Range> AssistantSpans);

/// <summary>A conversation that a template wrote out.</summary>
public sealed class RenderedChat
{
    private readonly IReadOnlyList<Segment> _segments;

    internal RenderedChat(IReadOnlyList<Segment> segments) => _segments = segments;

    /// <summary>The text, each picture as one image pad.</summary>
    public string Text => string.Concat(_segments.Select(segment => segment.Text));

    /// <summary>The conversation's ids.</summary>
    /// <param name="tokenizer">Must know the template's control tokens.</param>
    /// <param name="contentMode">
    /// Which added tokens count inside the turns' content. By default no control tokens, so that text cannot end a turn or start another;
    /// <see cref="AddedTokenMode.Parse"/> is what the reference does.
    /// </param>
    /// <returns>Ids, and the places of image features among them.</returns>
    /// <exception cref="ArgumentException">The tokenizer lacks a control token.</exception>
    public ChatTokens Encode(ITokenizer tokenizer, AddedTokenMode contentMode = AddedTokenMode.SplitSpecial)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        var ids = new List<int>();
        var spans = new List<Range>();
        var start = 0;
        foreach (var segment in _segments)
        {
            var before = ids.Count;
            if (segment.Repeat > 0)
            {
                ids.AddRange(Enumerable.Repeat(tokenizer.IdOf(segment.Text), segment.Repeat));
            }
            else
            {
                tokenizer.Encode(segment.Text, ids, contentMode);
            }

            if (segment.SpanStart >= 0)
            {
                start = before + TokensBefore(tokenizer, ids.Skip(before), segment.SpanStart);
            }

            if (segment.EndsSpan)
            {
                spans.Add(start..ids.Count);
            }
        }

        return new ChatTokens(ids, spans);
    }

    // A token that spans the end of the header and the start of the content counts as content.
    private static int TokensBefore(ITokenizer tokenizer, IEnumerable<int> ids, int characters)
    {
        var decoder = tokenizer.StartDecoding();
        var (count, seen) = (0, 0);
        foreach (var id in ids)
        {
            if (seen >= characters)
            {
                break;
            }

            seen += decoder.Append(id).Length;
            if (seen > characters)
            {
                break;
            }

            count++;
        }

        return count;
    }

    /// <summary>A control token, or a stretch of text between two of them.</summary>
    /// <param name="Text">The control token or the text.</param>
    /// <param name="Repeat">How often the control token is repeated; 0 for text.</param>
    /// <param name="SpanStart">Number of ASCII characters before the assistant's output; -1 if none begins here.</param>
    /// <param name="EndsSpan">Whether the assistant's output ends with this segment.</param>
    internal sealed record Segment(string Text, int Repeat, int SpanStart = -1, bool EndsSpan = false);

    /// <summary>Puts a conversation together.</summary>
    internal sealed class Builder
    {
        private readonly List<Segment> _segments = [];
        private readonly StringBuilder _text = new();
        private int _spanStart = -1;
        private bool _inSpan;
        private bool _endsSpan;

        public Builder Append(string text)
        {
            _text.Append(text);
            return this;
        }

        public Builder Control(string token, int repeat = 1)
        {
            Flush();
            _segments.Add(new Segment(token, repeat));
            return this;
        }

        public Builder BeginSpan()
        {
            _spanStart = _text.Length;
            _inSpan = true;
            return this;
        }

        public Builder EndSpan()
        {
            _endsSpan = _inSpan;
            _inSpan = false;
            return this;
        }

        public RenderedChat Build()
        {
            Flush();
            return new RenderedChat(_segments);
        }

        private void Flush()
        {
            if (_text.Length > 0)
            {
                _segments.Add(new Segment(_text.ToString(), 0, _spanStart, _endsSpan));
            }

            _text.Clear();
            _spanStart = -1;
            _endsSpan = false;
        }
    }
}
