using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Perception;

/// <summary>Class labels for each cell of an image. Pure.</summary>
public static class CellLabels
{
    /// <summary>
    /// The questions with the number of their answers: <c>class</c> (the classes, unclear, nothing), <c>color</c> (the colours, unclear), <c>size</c> and
    /// <c>canvas</c>.
    /// </summary>
    public static IReadOnlyList<(string Name, int Answers)> Kinds { get; } =
        [("class", World.Classes.Count + 2), ("color", World.Colors.Count + 1), ("size", 2), ("canvas", World.Canvases.Count)];

    /// <summary>The measurements: how doubtful class and colour are; 1 at the threshold of "unclear", 2 for everything beyond.</summary>
    public static IReadOnlyList<string> Measures { get; } = ["class-doubt", "color-doubt"];

    /// <summary>Writes the labels, <c>[cells, kinds]</c>, and the measures, <c>[cells, measures]</c>.</summary>
    /// <param name="reading">What is seen.</param>
    /// <param name="labels">Receives the numbers of the answers.</param>
    /// <param name="measures">Receives the measurements; NaN for empty cells, and where nothing was measured.</param>
    /// <param name="notAsked">The label for questions without an answer: the colour of an empty cell or of an object too unclear to name, and everything
    /// but the background if two objects share a cell.</param>
    public static void Write(SceneReading reading, Span<long> labels, Span<float> measures, long notAsked)
    {
        ArgumentNullException.ThrowIfNull(reading);
        foreach (var cell in World.Cells)
        {
            var here = reading.Objects.Where(o => o.Cell == cell).ToArray();
            var into = labels.Slice((int)cell * Kinds.Count, Kinds.Count);
            into.Fill(notAsked);
            var measured = measures.Slice((int)cell * Measures.Count, Measures.Count);
            measured.Fill(float.NaN);
            into[3] = (long)reading.Canvas;
            if (here.Length > 1)
                continue;
            var item = here.FirstOrDefault();
            into[0] = item is null ? World.Classes.Count + 1 : item.ClassDoubt is null ? (long)item.Class : World.Classes.Count;
            (measured[0], measured[1]) = (Measure(item?.ClassDegree), Measure(item?.ColorDegree));
            if (item is not { ClassDoubt: null })
                continue;
            into[1] = item.ColorDoubt is null ? (long)item.Color : World.Colors.Count;
            into[2] = (long)item.Size;
        }
    }

    private static float Measure(float? degree) => degree is { } d ? Math.Min(d, 2) : float.NaN;
}
