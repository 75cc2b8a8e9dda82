namespace GenAgent.Micro.Scenes;

/// <summary>
/// What pictures are like where nobody asks for anything else: large things on white, hearts red and stars yellow, spread evenly over the grid or,
/// where one group stands beside or above another, in the outer columns or rows. Pictures that people caption in a few words are mostly so, which is
/// how a painter can know what the words leave out.
/// </summary>
public static class Usual
{
    /// <summary>The most objects that a group beside or above another has: one line of the grid.</summary>
    public const int MaxApart = World.GridSize;

    private static readonly int[][] Spread = [[], [4], [3, 5], [0, 4, 8], [0, 2, 6, 8], [0, 2, 4, 6, 8], [0, 2, 3, 5, 6, 8], [0, 2, 3, 4, 5, 6, 8]];
    private static readonly int[][] Line = [[], [1], [0, 2], [0, 1, 2]];

    /// <summary>The usual background.</summary>
    public const CanvasColor Canvas = CanvasColor.White;

    /// <summary>The usual size.</summary>
    public const ShapeSize Size = ShapeSize.Large;

    /// <summary>The colour that things of a class usually have.</summary>
    public static ShapeColor Color(ShapeClass kind) => kind switch
    {
        ShapeClass.Circle => ShapeColor.Orange,
        ShapeClass.Square => ShapeColor.Brown,
        ShapeClass.Triangle => ShapeColor.Green,
        ShapeClass.Star => ShapeColor.Yellow,
        ShapeClass.Cross => ShapeColor.Red,
        ShapeClass.Ring => ShapeColor.Purple,
        ShapeClass.Heart => ShapeColor.Pink,
        ShapeClass.Diamond => ShapeColor.Blue,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such class."),
    };

    /// <summary>The cells of this many objects, spread evenly, in reading order; 0 to <see cref="World.MaxObjects"/> objects.</summary>
    public static IEnumerable<GridCell> Cells(int count) => Spread[count].Select(i => (GridCell)i);

    /// <summary>The cells of two groups of 1 to <see cref="MaxApart"/> objects: the upper (or left) one's, then the lower (or right) one's.</summary>
    public static IEnumerable<GridCell> Apart(int first, int second, bool vertical) => Across(first, 0).Concat(Across(second, World.GridSize - 1))
        .Select(place => vertical ? World.CellAt(place.Line, place.Along) : World.CellAt(place.Along, place.Line));

    private static IEnumerable<(int Line, int Along)> Across(int count, int line) => Line[count].Select(along => (line, along));
}
