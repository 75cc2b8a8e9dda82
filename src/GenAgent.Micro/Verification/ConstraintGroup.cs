using System.Diagnostics;
using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>A group that a prompt asks for, in the world's own terms.</summary>
/// <param name="Class">What they are.</param>
/// <param name="Count">How many.</param>
/// <param name="Color">Their colour, or null for any.</param>
/// <param name="Region">Their side relative to the other group, or null for anywhere.</param>
/// <param name="Relative">Larger or smaller than the other groups, or null for any.</param>
internal sealed record ConstraintGroup(ShapeClass Class, int Count, ShapeColor? Color, Region? Region, RelativeSize? Relative)
{
    private static readonly string[] RowNames = ["top", "middle", "bottom"];
    private static readonly string[] ColumnNames = ["left", "center", "right"];

    /// <summary>Their own size, or null for any.</summary>
    public ShapeSize? Size { get; init; }

    /// <summary>The cells that they fill, in reading order, or null for any.</summary>
    public IReadOnlyList<GridCell>? Cells { get; init; }

    /// <summary>The row that they are in, 0 at the top, or null for any.</summary>
    public int? Row { get; init; }

    /// <summary>The column that they are in, 0 at the left, or null for any.</summary>
    public int? Column { get; init; }

    /// <summary>Whether it has a place of its own.</summary>
    public bool IsPlaced => Cells is not null || Row is not null || Column is not null;

    /// <summary>The group in words, as <c>3 red circles</c>.</summary>
    public string Words => Describe(Count, Size, Color, Class);

    /// <summary>The group's own place in words, such as <c>top-left, center</c> or <c>the top row</c>.</summary>
    public string Place => Cells is { } cells ? string.Join(", ", cells.Select(WorldWords.Name))
        : string.Join(
            " and ",
            new[] { Row is { } row ? $"the {RowNames[row]} row" : null, Column is { } column ? $"the {ColumnNames[column]} column" : null }.OfType<string>());

    public static string Describe(int count, ShapeSize? size, ShapeColor? color, ShapeClass kind) => string.Join(' ', new[]
    {
        $"{count}", size is { } s ? WorldWords.Name(s) : null, color is { } c ? WorldWords.Name(c) : null, WorldWords.Name(kind, count),
    }.OfType<string>());

    public bool Matches(SeenObject item) => item.IsA(Class, Color) && (Size is null || item.Size == Size);

    /// <summary>Whether an object of the group may be in a cell.</summary>
    public bool Allows(GridCell cell) =>
        (Cells is null || Cells.Contains(cell)) && (Row is null || cell.Row() == Row) && (Column is null || cell.Column() == Column);

    /// <summary>Reads the group; the error names what this world does not have.</summary>
    public static bool TryParse(ObjectConstraint constraint, out ConstraintGroup group, out string error)
    {
        group = null!;
        error = string.Empty;
        GridCell[]? cells = null;
        if (!WorldWords.TryParse(constraint.Class, out ShapeClass kind))
            error = $"no class \"{constraint.Class}\"";
        else if (constraint.Color is { } name && !WorldWords.TryParse(name, out ShapeColor _))
            error = $"no colour \"{constraint.Color}\"";
        else if (constraint.Region is { } region && !Enum.TryParse<Region>(region, ignoreCase: true, out _))
            error = $"no region \"{constraint.Region}\"";
        else if (constraint.Size is { } size && !WorldWords.TryParse(size, out ShapeSize _) && !Enum.TryParse<RelativeSize>(size, ignoreCase: true, out _))
            error = $"no size \"{constraint.Size}\"";
        else if (constraint.Count < 1)
            error = $"no groups of {constraint.Count}";
        else if (constraint.Cells is { } names && !TryParse(names, constraint.Count, out cells, out error))
            return false;
        else if (constraint.Rows is { } row && !RowNames.Contains(row, StringComparer.Ordinal))
            error = $"no row \"{row}\"";
        else if (constraint.Columns is { } column && !ColumnNames.Contains(column, StringComparer.Ordinal))
            error = $"no column \"{column}\"";
        if (error.Length > 0)
            return false;
        var absolute = constraint.Size is { } own && WorldWords.TryParse(own, out ShapeSize parsed) ? parsed : (ShapeSize?)null;
        group = new(
            kind,
            constraint.Count,
            ParseColor(constraint.Color),
            Parse<Region>(constraint.Region),
            absolute is null ? Parse<RelativeSize>(constraint.Size) : null)
        {
            Size = absolute,
            Cells = cells,
            Row = Line(RowNames, constraint.Rows),
            Column = Line(ColumnNames, constraint.Columns),
        };
        return true;
    }

    private static bool TryParse(IReadOnlyList<string> names, int count, out GridCell[]? cells, out string error)
    {
        cells = null;
        var unknown = names.FirstOrDefault(name => !WorldWords.TryParse(name, out GridCell _));
        error = unknown is not null ? $"no cell \"{unknown}\""
            : names.Distinct(StringComparer.Ordinal).Count() != names.Count ? $"no cell for two objects ({string.Join(", ", names)})"
            : names.Count != count ? $"no {count} objects in {names.Count} cells ({string.Join(", ", names)})"
            : string.Empty;
        if (error.Length > 0)
            return false;
        cells = [.. names.Select(name => WorldWords.TryParse(name, out GridCell cell) ? cell : throw new UnreachableException()).Order()];
        return true;
    }

    private static int? Line(string[] names, string? name) => name is null ? null : Array.IndexOf(names, name);

    private static ShapeColor? ParseColor(string? name) => name is not null && WorldWords.TryParse(name, out ShapeColor color) ? color : null;

    private static T? Parse<T>(string? name)
        where T : struct, Enum => name is null ? null : Enum.Parse<T>(name, ignoreCase: true);
}

/// <summary>The position of a group relative to another.</summary>
internal enum Region
{
    Above,
    Below,
    Left,
    Right,
}

/// <summary>The size of a group relative to another.</summary>
internal enum RelativeSize
{
    Larger,
    Smaller,
}
