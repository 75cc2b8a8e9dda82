using System.Text;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Writes text that streams in, word by word, wrapped to the width and indented; the caller has written up to the indent of the first line.</summary>
internal sealed class TextFlow(IAnsiConsole console, int indent, Style style)
{
    private const int NarrowestColumn = 8;

    private readonly StringBuilder _word = new();
    private int _used;
    private bool _indented = true;
    private bool _anyText;

    /// <summary>Cells of a line right of the indent; the last of the terminal stays free, since some terminals break the line when it is written.</summary>
    private int Room => Math.Max(NarrowestColumn, console.Profile.Width - 1 - indent);

    /// <summary>Writes the words that have come to their end.</summary>
    public void Append(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
            {
                _word.Append(c);
                continue;
            }

            EndWord();

            // Models like to begin with an empty line, and to leave several between paragraphs.
            if (c == '\n' && _used > 0)
            {
                BreakLine();
            }
        }
    }

    /// <summary>Writes what is left, and ends the line.</summary>
    public void End()
    {
        EndWord();
        if (_used > 0 || !_anyText)
        {
            console.WriteLine();
        }
    }

    /// <summary>Writes the whole text, and ends the line.</summary>
    public void WriteAll(string text)
    {
        Append(text);
        End();
    }

    private void EndWord()
    {
        if (_word.Length == 0)
        {
            return;
        }

        var word = _word.ToString();
        _word.Clear();
        if (_used > 0 && _used + 1 + word.GetCellWidth() > Room)
        {
            BreakLine();
        }

        if (_used > 0)
        {
            Write(" ", 1);
        }

        // A word longer than a line, such as an address, is cut where the line ends.
        var piece = new StringBuilder();
        var cells = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            var width = rune.ToString().GetCellWidth();
            if (_used + cells + width > Room)
            {
                Write(piece.ToString(), cells);
                BreakLine();
                piece.Clear();
                cells = 0;
            }

            piece.Append(rune);
            cells += width;
        }

        Write(piece.ToString(), cells);
    }

    private void Write(string text, int cells)
    {
        if (!_indented)
        {
            console.Write(new Text(new string(' ', indent)));
            _indented = true;
        }

        console.Write(new Text(text, style));
        _used += cells;
        _anyText = true;
    }

    private void BreakLine()
    {
        console.WriteLine();
        _used = 0;
        _indented = indent == 0;
    }
}
