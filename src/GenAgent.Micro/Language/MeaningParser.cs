using System.Globalization;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>Reads the right side of a frame.</summary>
/// <param name="fault">Makes the error for an offset within the meaning.</param>
internal sealed class MeaningParser(Func<int, string, LanguageFormatException> fault)
{
    private static readonly Dictionary<string, DeclineReason> Reasons = new(StringComparer.Ordinal)
    {
        ["thing"] = DeclineReason.Thing, ["count"] = DeclineReason.Count, ["color"] = DeclineReason.Color, ["shape"] = DeclineReason.Shape,
        ["style"] = DeclineReason.Style,
        ["text"] = DeclineReason.Text, ["background"] = DeclineReason.Background, ["placement"] = DeclineReason.Placement,
        ["contradiction number"] = DeclineReason.TwoNumbers, ["contradiction color"] = DeclineReason.TwoColors,
        ["contradiction shape"] = DeclineReason.TwoShapes,
        ["contradiction size"] = DeclineReason.TwoSizes, ["contradiction place"] = DeclineReason.TwoPlaces,
        ["contradiction background"] = DeclineReason.TwoBackgrounds,
        ["contradiction presence"] = DeclineReason.Forbidden,
    };

    private static readonly string[] Corners = ["top-left", "top-right", "bottom-left", "bottom-right"];

    public MeaningTemplate Parse(string meaning)
    {
        List<GroupTemplate> groups = [];
        List<(string?, string)> forbidden = [];
        List<string> revoked = [];
        string? canvas = null;
        DeclineReason? decline = null;
        var offset = 0;
        foreach (var part in meaning.Split(';'))
        {
            var start = offset + part.Length - part.TrimStart().Length;
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            offset += part.Length + 1;
            if (words is [])
                continue;
            if (words[0].StartsWith("bg=", StringComparison.Ordinal))
                canvas = Canvas(words[0][3..], start);
            else if (words is ["decline", .. var reason])
                decline = Reasons.TryGetValue(string.Join(' ', reason), out var known)
                    ? known
                    : throw fault(start, $"there is no reason \"{string.Join(' ', reason)}\" to decline; there are {string.Join(", ", Reasons.Keys)}.");
            else if (words is ["revoked", ..])
                revoked.AddRange(words.Skip(1));
            else if (words[0] is "not")
                forbidden.Add(Forbidden(words, start));
            else
                groups.Add(Group(words, start));
        }

        return new(groups, forbidden, canvas, decline) { Revoked = revoked };
    }

    private string Canvas(string name, int at) =>
        IsSlot(name, 'b') || WorldWords.TryParse(name, out CanvasColor _) ? name : throw fault(at, $"there is no background \"{name}\".");

    private (string?, string) Forbidden(string[] words, int at) => words switch
    {
        [_, var color, var shape] when IsColor(color) && IsShape(shape) => (color, shape),
        [_, var shape] when IsShape(shape) => (null, shape),
        _ => throw fault(at, "what is forbidden is \"not COLOR CLASS\" or \"not CLASS\"."),
    };

    private GroupTemplate Group(string[] words, int at)
    {
        var group = FrameSlot.Parse(words[0]) is { Kind: SlotKind.Group } ? words[0] : null;
        var count = group is null ? Count(words[0], at) : null;
        var made = new GroupTemplate(group, count, null, null, null, null, null);
        foreach (var word in words.Skip(1))
        {
            made = word switch
            {
                ['@', .. var place] => made with { Place = Place(place, at) },
                "large" or "small" or "larger" or "smaller" => made with { Size = word },
                "left" or "right" or "above" or "below" => made with { Region = word },
                _ when group is null && IsColor(word) => made with { Color = word },
                _ when group is null && IsShape(word) => made with { Shape = word },
                _ =>
                    throw fault(
                        at,
                        $"\"{word}\" is no part of a group. A group is COUNT [SIZE] [COLOR] CLASS [SIDE] [@PLACE], or a group slot with size, side and "
                            + "place."),
            };
        }

        return group is not null || made.Shape is not null ? made : throw fault(at, $"\"{string.Join(' ', words)}\" names no class.");
    }

    private CountExpression Count(string text, int at)
    {
        var cut = text.AsSpan(1).IndexOfAny("+-*") + 1;
        var expression = cut > 0 ? new CountExpression(text[..cut], text[cut], text[(cut + 1)..]) : new CountExpression(text);
        return IsNumber(expression.Left) && (cut <= 0 || IsNumber(expression.Right))
            ? expression
            : throw fault(at, $"\"{text}\" is no number: a group begins with a number, n1, fn1, or two of them with +, - or * between.");

        static bool IsNumber(string term) => int.TryParse(term, CultureInfo.InvariantCulture, out _) || IsSlot(term, 'n') || IsFact(term, 'n');
    }

    private PlaceTemplate Place(string place, int at)
    {
        var (kind, name) = place.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? (place[..colon], place[(colon + 1)..]) : (place, "");
        switch (kind)
        {
            case "corners":
                return new(Corners, null, null);
            case "row" when Line(ConstraintRows, name) >= 0:
                return new(null, name, null);
            case "col" when Line(ConstraintColumns, name) >= 0:
                return new(null, null, name);
            case "row3" when Line(ConstraintRows, name) is var row and >= 0:
                return new([.. World.Cells.Where(c => c.Row() == row).Select(WorldWords.Name)], null, null);
            case "col3" when Line(ConstraintColumns, name) is var column and >= 0:
                return new([.. World.Cells.Where(c => c.Column() == column).Select(WorldWords.Name)], null, null);
        }

        var cells = place.Split(',');
        return cells.All(cell => WorldWords.TryParse(cell, out GridCell _))
            ? new(cells, null, null)
            : throw fault(at, $"there is no place \"@{place}\": write cells, @corners, @row:NAME, @col:NAME, @row3:NAME or @col3:NAME.");
    }

    private static readonly string[] ConstraintRows = ["top", "middle", "bottom"];
    private static readonly string[] ConstraintColumns = ["left", "center", "right"];

    private static int Line(string[] names, string name) => Array.IndexOf(names, name);

    private static bool IsColor(string word) => IsSlot(word, 'c') || IsFact(word, 'c') || WorldWords.TryParse(word, out ShapeColor _);

    private static bool IsShape(string word) => IsSlot(word, 's') || IsFact(word, 's') || WorldWords.TryParse(word, out ShapeClass _);

    private static bool IsSlot(string word, char kind) => word.Length == 2 && word[0] == kind && char.IsAsciiDigit(word[1]);

    private static bool IsFact(string word, char kind) => word.Length == 3 && word[0] == 'f' && word[1] == kind && char.IsAsciiDigit(word[2]);
}
