using System.Collections.Frozen;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>The words of the miniature world. Every name is one word, lower case.</summary>
public static class WorldWords
{
    private static readonly string[] Numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    private static readonly string[] CellNames =
        ["top-left", "top-center", "top-right", "middle-left", "center", "middle-right", "bottom-left", "bottom-center", "bottom-right"];

    private static readonly FrozenDictionary<string, ShapeClass> Classes = World.Classes
        .SelectMany(c => new[] { (Word: Name(c), Value: c), (Word: Plural(c), Value: c) })
            .ToFrozenDictionary(p => p.Word, p => p.Value, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, ShapeColor> Colors = World.Colors.ToFrozenDictionary(Name, StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, CanvasColor> Canvases = World.Canvases.ToFrozenDictionary(Name, StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, GridCell> Cells = World.Cells.ToFrozenDictionary(Name, StringComparer.Ordinal);

    /// <summary>One object of the class, as <c>circle</c>.</summary>
    /// <param name="kind">The class.</param>
    /// <returns>A word.</returns>
    public static string Name(ShapeClass kind) => kind switch
    {
        ShapeClass.Circle => "circle",
        ShapeClass.Square => "square",
        ShapeClass.Triangle => "triangle",
        ShapeClass.Star => "star",
        ShapeClass.Cross => "cross",
        ShapeClass.Ring => "ring",
        ShapeClass.Heart => "heart",
        ShapeClass.Diamond => "diamond",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such class."),
    };

    /// <summary>Several objects of the class, as <c>circles</c>.</summary>
    /// <param name="kind">The class.</param>
    /// <returns>A word.</returns>
    public static string Plural(ShapeClass kind) => kind == ShapeClass.Cross ? "crosses" : Name(kind) + "s";

    /// <summary>The class's name for this number of objects.</summary>
    /// <param name="kind">The class.</param>
    /// <param name="count">How many, 0 or more.</param>
    /// <returns>A word.</returns>
    public static string Name(ShapeClass kind, int count) => count == 1 ? Name(kind) : Plural(kind);

    /// <summary>The colour, as <c>red</c>.</summary>
    /// <param name="color">The colour.</param>
    /// <returns>A word.</returns>
    public static string Name(ShapeColor color) => color switch
    {
        ShapeColor.Red => "red",
        ShapeColor.Orange => "orange",
        ShapeColor.Yellow => "yellow",
        ShapeColor.Green => "green",
        ShapeColor.Blue => "blue",
        ShapeColor.Purple => "purple",
        ShapeColor.Pink => "pink",
        ShapeColor.Brown => "brown",
        _ => throw new ArgumentOutOfRangeException(nameof(color), color, "No such colour."),
    };

    /// <summary>The background's colour, as <c>white</c>.</summary>
    /// <param name="canvas">The background.</param>
    /// <returns>A word.</returns>
    public static string Name(CanvasColor canvas) => canvas switch
    {
        CanvasColor.White => "white",
        CanvasColor.Gray => "gray",
        CanvasColor.Black => "black",
        _ => throw new ArgumentOutOfRangeException(nameof(canvas), canvas, "No such background."),
    };

    /// <summary>The size, as <c>large</c>.</summary>
    /// <param name="size">The size.</param>
    /// <returns>A word.</returns>
    public static string Name(ShapeSize size) => size == ShapeSize.Large ? "large" : "small";

    /// <summary>The cell, as <c>top-left</c>.</summary>
    /// <param name="cell">The cell.</param>
    /// <returns>Words joined by a dash.</returns>
    public static string Name(GridCell cell) => CellNames[(int)cell];

    /// <summary>A number from 0 to 9, as <c>three</c>.</summary>
    /// <param name="count">From 0 to 9.</param>
    /// <returns>A word.</returns>
    public static string Number(int count) => Numbers[count];

    /// <summary>Reads a class, singular or plural.</summary>
    /// <param name="word">The word.</param>
    /// <param name="kind">The class.</param>
    /// <returns>False if the word is no class.</returns>
    public static bool TryParse(string word, out ShapeClass kind) => Classes.TryGetValue(word, out kind);

    /// <summary>Reads a colour.</summary>
    /// <param name="word">The word.</param>
    /// <param name="color">The colour.</param>
    /// <returns>False if the word is no colour.</returns>
    public static bool TryParse(string word, out ShapeColor color) => Colors.TryGetValue(word, out color);

    /// <summary>Reads a background's colour.</summary>
    /// <param name="word">The word.</param>
    /// <param name="canvas">The background.</param>
    /// <returns>False if the word is no colour of a background.</returns>
    public static bool TryParse(string word, out CanvasColor canvas) => Canvases.TryGetValue(word, out canvas);

    /// <summary>Reads a cell.</summary>
    /// <param name="word">The word.</param>
    /// <param name="cell">The cell.</param>
    /// <returns>False if the words are no cell.</returns>
    public static bool TryParse(string word, out GridCell cell) => Cells.TryGetValue(word, out cell);

    /// <summary>Reads a size.</summary>
    /// <param name="word">The word.</param>
    /// <param name="size">The size.</param>
    /// <returns>False if the word is no size.</returns>
    public static bool TryParse(string word, out ShapeSize size)
    {
        size = word is "large" ? ShapeSize.Large : ShapeSize.Small;
        return word is "large" or "small";
    }
}
