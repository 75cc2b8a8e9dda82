namespace GenAgent.Micro.Language;

/// <summary>A group of a frame's meaning, with unfilled slots. Immutable.</summary>
/// <param name="Group">The group slot that it is, as <c>G1</c>; null where count and class are given.</param>
/// <param name="Count">How many, where it is no group slot.</param>
/// <param name="Color">A colour, <c>c1</c> or <c>fc1</c>; null for any.</param>
/// <param name="Shape">A class, <c>s1</c> or <c>fs1</c>; null for a group slot.</param>
/// <param name="Size">A size, or null.</param>
/// <param name="Region">The side of the other groups, or null.</param>
/// <param name="Place">Where it is by itself, or null.</param>
internal sealed record GroupTemplate(string? Group, CountExpression? Count, string? Color, string? Shape, string? Size, string? Region, PlaceTemplate? Place);

/// <summary>A place of a group: cells, a row or a column. Immutable.</summary>
internal sealed record PlaceTemplate(IReadOnlyList<string>? Cells, string? Row, string? Column);

/// <summary>A number of a meaning: a literal or a slot, with at most one more term. Immutable.</summary>
/// <param name="Left">A number or the name of a slot.</param>
/// <param name="Operator"><c>+</c>, <c>-</c>, <c>*</c>, or <c>\0</c> for none.</param>
/// <param name="Right">A number or the name of a slot; empty for none.</param>
internal sealed record CountExpression(string Left, char Operator = '\0', string Right = "")
{
    /// <summary>The value, with the slots' numbers.</summary>
    public int Of(Func<string, int> number)
    {
        var left = number(Left);
        return Operator switch
        {
            '+' => left + number(Right),
            '-' => left - number(Right),
            '*' => left * number(Right),
            _ => left,
        };
    }
}

/// <summary>The meaning of a frame's text, with unfilled slots. Immutable.</summary>
/// <param name="Groups">What must be there.</param>
/// <param name="Forbidden">What must not, as colour (or null) and class.</param>
/// <param name="Canvas">The background, a word or <c>b1</c>; null for any.</param>
/// <param name="Decline">Why the request cannot be drawn; null when it can.</param>
internal sealed record MeaningTemplate(
    IReadOnlyList<GroupTemplate> Groups, IReadOnlyList<(string? Color, string Shape)> Forbidden, string? Canvas, DeclineReason? Decline)
{
    /// <summary>Group slots that the text takes back: "three stars, or no, {G2} instead".</summary>
    public IReadOnlyList<string> Revoked { get; init; } = [];

    /// <summary>The empty meaning, for chat.</summary>
    public static MeaningTemplate Nothing { get; } = new([], [], null, null);
}
