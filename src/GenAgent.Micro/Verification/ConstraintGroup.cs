using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>A group that a prompt asks for, in the world's own terms.</summary>
/// <param name="Class">What they are.</param>
/// <param name="Count">How many.</param>
/// <param name="Color">Their colour, or null for any.</param>
/// <param name="Region">Where they are, seen from the group on the other side, or null for anywhere.</param>
/// <param name="Size">Larger or smaller than the other groups, or null for any.</param>
internal sealed record ConstraintGroup(ShapeClass Class, int Count, ShapeColor? Color, Region? Region, RelativeSize? Size)
{
    /// <summary>The group in words, as <c>3 red circles</c>.</summary>
    public string Words => Describe(Count, Color, Class);

    public static string Describe(int count, ShapeColor? color, ShapeClass kind) =>
        color is { } c ? $"{count} {WorldWords.Name(c)} {WorldWords.Name(kind, count)}" : $"{count} {WorldWords.Name(kind, count)}";

    public bool Matches(SeenObject item) => item.IsA(Class, Color);

    /// <summary>Reads the group; the error says what this world does not have.</summary>
    public static bool TryParse(ObjectConstraint constraint, out ConstraintGroup group, out string error)
    {
        group = null!;
        error = string.Empty;
        if (!WorldWords.TryParse(constraint.Class, out ShapeClass kind))
            error = $"no class \"{constraint.Class}\"";
        else if (constraint.Color is { } name && !WorldWords.TryParse(name, out ShapeColor _))
            error = $"no colour \"{constraint.Color}\"";
        else if (constraint.Region is { } region && !Enum.TryParse<Region>(region, ignoreCase: true, out _))
            error = $"no region \"{constraint.Region}\"";
        else if (constraint.Size is { } size && !Enum.TryParse<RelativeSize>(size, ignoreCase: true, out _))
            error = $"no size \"{constraint.Size}\"";
        else if (constraint.Count < 1)
            error = $"no groups of {constraint.Count}";
        else
            group = new(kind, constraint.Count, ParseColor(constraint.Color), Parse<Region>(constraint.Region), Parse<RelativeSize>(constraint.Size));
        return error.Length == 0;
    }

    private static ShapeColor? ParseColor(string? name) => name is not null && WorldWords.TryParse(name, out ShapeColor color) ? color : null;

    private static T? Parse<T>(string? name)
        where T : struct, Enum => name is null ? null : Enum.Parse<T>(name, ignoreCase: true);
}

/// <summary>Where a group is, seen from another.</summary>
internal enum Region
{
    Above,
    Below,
    Left,
    Right,
}

/// <summary>How big a group is, seen from another.</summary>
internal enum RelativeSize
{
    Larger,
    Smaller,
}
