using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Canvas;

/// <summary>An object as a caption mentions it; null members are not mentioned.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Size">Its size.</param>
/// <param name="Cell">Its cell.</param>
internal sealed record MentionedObject(ShapeClass Class, ShapeColor? Color, ShapeSize? Size, GridCell? Cell);

/// <summary>
/// Reads dense captions word by word: size and colour come before the class, the cell after it. It ignores numbers, relations and all other words.
/// </summary>
internal static class DenseCaptionParser
{
    public static (IReadOnlyList<MentionedObject> Objects, CanvasColor? Canvas) Parse(string text)
    {
        List<MentionedObject> objects = [];
        CanvasColor? canvas = null;
        ShapeColor? color = null;
        ShapeSize? size = null;
        foreach (var word in CaptionVocabulary.Split(text))
        {
            if (WorldWords.TryParse(word, out ShapeClass kind))
            {
                objects.Add(new(kind, color, size, Cell: null));
                (color, size) = (null, null);
            }
            else if (WorldWords.TryParse(word, out GridCell cell))
            {
                if (objects is [.., { Cell: null } last])
                    objects[^1] = last with { Cell = cell };
            }
            else if (WorldWords.TryParse(word, out ShapeColor named))
            {
                color = named;
            }
            else if (WorldWords.TryParse(word, out ShapeSize big))
            {
                size = big;
            }
            else if (WorldWords.TryParse(word, out CanvasColor back))
            {
                canvas = back;
            }
        }

        return (objects, canvas);
    }
}
