using System.Text;
using GenAgent.Dialects;

namespace GenAgent.Protocol;

/// <summary>
/// Parses one turn of a model, whole or streamed. Any text gives a turn or a fault, in linear time, and the result does not depend on how the text is
/// divided into pieces. For one turn and one task only.
/// </summary>
/// <remarks>
/// The grammar: <c>[judge] [think] (tool_call | answer)</c>, no tag inside another. Parsing is lenient where no meaning is lost: judge and think may be
/// swapped, text before the call or answer is thought, with or without a lone <c>&lt;/think&gt;</c> after it, and text after the end is ignored.
/// </remarks>
public sealed class TurnParser : TagScanner.IListener
{
    private readonly Dialect _dialect;
    private readonly bool _afterImage;
    private readonly TagScanner _scanner;
    private readonly StringBuilder _text = new();
    private readonly Section?[] _sections = new Section?[4];
    private List<TurnDelta>? _deltas;
    private TurnSection? _open;
    private readonly StringBuilder _blank = new();
    private bool _thinksAloud;
    private int _reasoning;
    private ToolCall? _call;
    private TurnFault? _fault;

    /// <summary>Creates a parser for one turn.</summary>
    /// <param name="dialect">What the turn is written in; null for <see cref="Dialect.Default"/>. With native calls, text after the end is thought as
    /// well.</param>
    /// <param name="afterImage">Whether the model has seen an image; otherwise a judgment is an error.</param>
    public TurnParser(Dialect? dialect = null, bool afterImage = true)
    {
        _dialect = dialect ?? Dialect.Default;
        _afterImage = afterImage;
        _scanner = new TagScanner(this);
    }

    /// <summary>Everything that was appended as text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>How many characters of text have been appended so far.</summary>
    public int Length => _text.Length;

    /// <summary>Number of characters read so far, of text and separate reasoning.</summary>
    internal int Taken => _text.Length + _reasoning;

    /// <summary>Whether a text call is open, as after the backend stopped at the closing tag.</summary>
    internal bool IsCallOpen => _open == TurnSection.Call && _fault is null;

    /// <summary>Reads a whole turn.</summary>
    /// <param name="text">The model's words.</param>
    /// <param name="dialect">How agent and model talk; null for the default.</param>
    /// <param name="afterImage">Whether the model was shown an image before, and so has to judge it.</param>
    /// <returns>The turn, or its fault.</returns>
    public static ParsedTurn Parse(string text, Dialect? dialect = null, bool afterImage = true)
    {
        var parser = new TurnParser(dialect, afterImage);
        parser.Append(text);
        return parser.Complete();
    }

    /// <summary>Reads the next piece of the turn's text.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="deltas">Receives the additions to each section; null without a reader.</param>
    public void Append(ReadOnlySpan<char> text, List<TurnDelta>? deltas = null)
    {
        _deltas = deltas;
        _text.Append(text);
        _scanner.Append(text);
        _deltas = null;
    }

    /// <summary>Adds reasoning that the backend delivers separately from the text.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="deltas">Receives it as a piece of the thought; null without a reader.</param>
    public void AppendReasoning(ReadOnlySpan<char> text, List<TurnDelta>? deltas = null)
    {
        _deltas = deltas;
        _reasoning += text.Length;
        ThinkAloud(text);
        _deltas = null;
    }

    /// <summary>Adds a call that the backend delivers separately from the text.</summary>
    /// <param name="call">The call.</param>
    public void AddCall(ToolCall call)
    {
        if (_call is not null || _sections[(int)TurnSection.Call] is not null)
        {
            Fail(_text.Length, "There is a second tool call: make one call a turn.");
        }

        _call ??= call;
    }

    /// <summary>Marks the turn as invalid here, for a reason outside of the text. The first fault of a turn is kept.</summary>
    /// <param name="reason">What is wrong, for the model.</param>
    public void Fail(string reason) => Fail(_text.Length, reason);

    /// <summary>Ends the turn. Call it once, after the last piece.</summary>
    /// <param name="deltas">Receives the remaining text; null without a reader.</param>
    /// <returns>The turn, or its fault.</returns>
    public ParsedTurn Complete(List<TurnDelta>? deltas = null)
    {
        _deltas = deltas;
        _scanner.Complete();
        _deltas = null;
        if (_open is { } open)
        {
            Fail(Of(open).TagAt, $"{ProtocolTag.Open(open)} is never closed: end it with {ProtocolTag.Close(open)}.");
        }

        var turn = _fault is null ? Assemble() : null;
        return _fault is null ? new ParsedTurn(turn, null) : new ParsedTurn(null, _fault);
    }

    void TagScanner.IListener.OnText(int position, ReadOnlySpan<char> text)
    {
        if (_fault is not null)
        {
            return;
        }

        if (_open is { } open)
        {
            Add(open, text);
        }
        else if (_dialect.CallStyle == CallStyle.Native)
        {
            ThinkAloud(text);
        }
        else if (!HasEnded)
        {
            TakeStray(text);
        }
    }

    void TagScanner.IListener.OnTag(int position, ProtocolTag tag)
    {
        if (_fault is not null)
        {
            return;
        }

        if (tag.Section is not { } section)
        {
            Fail(position, $"{tag.Text} is not yours to write: the tool's response comes in the next user turn.");
        }
        else if (_open is { } open)
        {
            CloseSection(position, tag, open);
        }
        else if (tag.Closes && section == TurnSection.Thought && _sections[(int)section] is not { TagAt: >= 0 } && !HasEnded)
        {
            // The opening tag was part of the prompt, or the server removed it: the text so far is the thought.
            Of(section).Begin(position, position);
            LeaveGap();
        }
        else if (tag.Closes)
        {
            Fail(position, $"{tag.Text} closes nothing: {ProtocolTag.Open(section)} does not stand before it.");
        }
        else
        {
            OpenSection(position, section, tag);
        }
    }

    private void OpenSection(int position, TurnSection section, ProtocolTag tag)
    {
        if (_sections[(int)section] is { TagAt: >= 0 })
        {
            Fail(position, $"{tag.Text} stands twice: a turn has one of each tag.");
        }
        else if (section == TurnSection.Judgment && !_afterImage)
        {
            Fail(position, "There is no image to judge yet: begin with <think> or <tool_call>.");
        }
        else if (LastTagged() is { } last && Rank(section) < Rank(last) && !(IsSaid(section) && IsSaid(last)))
        {
            Fail(position, $"{tag.Text} comes after {ProtocolTag.Open(last)}: judge and think come before the one tool_call or answer.");
        }
        else if (section == TurnSection.Answer && _sections[(int)TurnSection.Call] is not null)
        {
            Fail(position, "There are both a tool call and an answer: a turn has one of the two.");
        }
        else
        {
            if (section == TurnSection.Thought && _thinksAloud)
            {
                Add(section, "\n");
            }

            _open = section;
            LeaveGap();
            Of(section).Begin(position, position + tag.Text.Length);
        }
    }

    private void CloseSection(int position, ProtocolTag tag, TurnSection open)
    {
        if (tag.Closes && tag.Section == open)
        {
            _open = null;
        }
        else
        {
            Fail(position, $"{tag.Text} stands inside {ProtocolTag.Open(open)}: close that first with {ProtocolTag.Close(open)}.");
        }
    }

    // Ignore white space at the edges of stray text, however the stream is divided.
    private void TakeStray(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var blank = text.IndexOfAnyExcept(" \t\r\n") is >= 0 and var start ? start : text.Length;
            _blank.Append(text[..blank]);
            text = text[blank..];
            var words = text.IndexOfAny(" \t\r\n") is >= 0 and var end ? end : text.Length;
            if (words > 0)
            {
                if (_thinksAloud)
                {
                    Add(TurnSection.Thought, _blank.ToString());
                }

                _blank.Clear();
                ThinkAloud(text[..words]);
                text = text[words..];
            }
        }
    }

    private void LeaveGap()
    {
        _thinksAloud = false;
        _blank.Clear();
    }

    private void ThinkAloud(ReadOnlySpan<char> text)
    {
        if (!_thinksAloud && _sections[(int)TurnSection.Thought] is { Text.Length: > 0 })
        {
            Add(TurnSection.Thought, "\n");
        }

        _thinksAloud = true;
        Add(TurnSection.Thought, text);
    }

    private void Add(TurnSection section, ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty)
        {
            Of(section).Text.Append(text);
            _deltas?.Add(new TurnDelta(section, text.ToString()));
        }
    }

    private AgentTurn? Assemble()
    {
        var answer = _sections[(int)TurnSection.Answer]?.Text.ToString().Trim();
        var judgment = _sections[(int)TurnSection.Judgment] is { } judge ? ReadJudgment(judge, answer is not null) : null;
        var call = _sections[(int)TurnSection.Call] is { } tagged ? ReadCall(tagged) : null;
        if (_call is not null && (call ?? (object?)answer) is not null)
        {
            Fail(_text.Length, "There is more than one tool call or answer: a turn has one of them.");
        }
        else if (_fault is null && _call is null && call is null && answer is null)
        {
            Fail(_text.Length, "The turn has neither <tool_call>...</tool_call> nor <answer>...</answer>: end it with one of them.");
        }

        var thought = CodeFence.WithoutOpening(_sections[(int)TurnSection.Thought]?.Text.ToString() ?? string.Empty).Trim();
        return new AgentTurn(judgment, string.IsNullOrEmpty(thought) ? null : thought, _call ?? call, answer);
    }

    private SelfJudgment? ReadJudgment(Section section, bool answers)
    {
        if (_dialect.Verdict == VerdictRule.WhatFollows)
        {
            return new SelfJudgment(section.Text.ToString().Trim(), answers ? Verdict.Pass : Verdict.Fail);
        }

        var judgment = VerdictLine.Read(section.Text.ToString());
        if (judgment is null)
        {
            Fail(section.TextAt + section.Text.Length, "The judgment has no verdict: its last line must be \"verdict: pass\" or \"verdict: fail\".");
        }

        return judgment;
    }

    private ToolCall? ReadCall(Section section)
    {
        var call = CallJson.Read(CodeFence.Inside(section.Text.ToString()), out var position, out var reason);
        if (call is null)
        {
            Fail(section.TextAt + position, reason);
        }

        return call;
    }

    /// <summary>Whether the turn has its call or answer.</summary>
    private bool HasEnded => _sections[(int)TurnSection.Call] is not null || _sections[(int)TurnSection.Answer] is not null;

    private TurnSection? LastTagged()
    {
        TurnSection? last = null;
        foreach (var section in _dialect.Order)
        {
            last = _sections[(int)section] is { TagAt: >= 0 } ? section : last;
        }

        return last;
    }

    private int Rank(TurnSection section) => _dialect.Order.TakeWhile(other => other != section).Count();

    // Judgment and thought may be swapped without loss of meaning.
    private static bool IsSaid(TurnSection section) => section is TurnSection.Judgment or TurnSection.Thought;

    private void Fail(int position, string reason) => _fault ??= new TurnFault(position, reason);

    private Section Of(TurnSection section) => _sections[(int)section] ??= new Section();

    private sealed class Section
    {
        public StringBuilder Text { get; } = new();

        /// <summary>The position of the opening tag; -1 for thought without one.</summary>
        public int TagAt { get; private set; } = -1;

        public int TextAt { get; private set; }

        public void Begin(int tagAt, int textAt) => (TagAt, TextAt) = (tagAt, textAt);
    }
}
