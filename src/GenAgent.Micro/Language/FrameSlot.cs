using System.Globalization;

namespace GenAgent.Micro.Language;

/// <summary>The kind of content of a frame's slot.</summary>
internal enum SlotKind
{
    /// <summary>A colour word.</summary>
    Color,

    /// <summary>A class noun.</summary>
    Shape,

    /// <summary>A class noun in the plural.</summary>
    Shapes,

    /// <summary>A number of two or more.</summary>
    Number,

    /// <summary>A whole group; <see cref="FrameSlot.Name"/> begins with <c>G</c>, <c>T</c>, <c>P</c> or <c>B</c>.</summary>
    Group,

    /// <summary>A word for large, small, larger or smaller.</summary>
    Size,

    /// <summary>A background.</summary>
    Canvas,

    /// <summary>A number that is too big for this world.</summary>
    TooMany,

    /// <summary>A fact that gives a number, a colour or a shape.</summary>
    Fact,

    /// <summary>The phrase that a wrap surrounds.</summary>
    Phrase,
}

/// <summary>A slot in a frame's text, as <c>{G1z}</c> or <c>{fn1.each}</c>. Immutable.</summary>
/// <param name="Kind">What fills it.</param>
/// <param name="Name">The name in the meaning: <c>c1</c>, <c>s1</c>, <c>G1z</c>, <c>fn1</c>, <c>large</c>.</param>
/// <param name="Form">Which form of a fact: <c>each</c>, <c>owner</c>, <c>parts</c>, <c>adj</c>; empty for the usual one.</param>
internal sealed record FrameSlot(SlotKind Kind, string Name, string Form = "")
{
    /// <summary>The colour or class that must occur nowhere else.</summary>
    public const char Other = '8';

    /// <summary>Reads the text between the braces; null if there is no such slot.</summary>
    public static FrameSlot? Parse(string name)
    {
        switch (name)
        {
            case "large" or "small" or "larger" or "smaller":
                return new(SlotKind.Size, name);
            case "N8":
                return new(SlotKind.TooMany, name);
            case "x":
                return new(SlotKind.Phrase, name);
            case "n" or "c" or "z":
                return new(name switch { "n" => SlotKind.Number, "c" => SlotKind.Color, _ => SlotKind.Size }, name);
            case "s" or "ss":
                return new(name is "s" ? SlotKind.Shape : SlotKind.Shapes, "s");
        }

        var (stem, form) = name.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 ? (name[..dot], name[(dot + 1)..]) : (name, "");
        if (stem.StartsWith('f'))
            return stem.Length == 3 && char.IsAsciiDigit(stem[2]) && IsForm(stem[1], form) ? new(SlotKind.Fact, stem, form) : null;
        if (form.Length > 0 || stem.Length < 2 || !char.IsAsciiDigit(stem[1]))
            return null;
        return (stem[0], stem.Length, stem[^1]) switch
        {
            ('c', 2, _) => new(SlotKind.Color, stem),
            ('s', 2, _) => new(SlotKind.Shape, stem),
            ('s', 3, 's') => new(SlotKind.Shapes, stem[..2]),
            ('n', 2, _) => new(SlotKind.Number, stem),
            ('b', 2, _) => new(SlotKind.Canvas, stem),
            ('G' or 'T' or 'P' or 'B', 2, _) or ('G' or 'T' or 'P' or 'B', 3, 'z') => new(SlotKind.Group, stem),
            _ => null,
        };
    }

    private static bool IsForm(char kind, string form) => kind switch
    {
        'n' => form is "" or "each" or "owner" or "parts",
        'c' or 's' => form is "" or "adj",
        _ => false,
    };

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{{{Name}{(Form.Length > 0 ? "." + Form : "")}{(Kind == SlotKind.Shapes ? "s" : "")}}}");
}
