using System.Collections.Immutable;

namespace GenAgent.Micro.Scenes;

/// <summary>
/// The content of an image of the miniature world: a plain canvas, and at most one object per cell. Immutable, equal by content.
/// The objects are always in reading order.
/// </summary>
public sealed record Scene
{
    /// <summary>Makes a scene; the objects may come in any order.</summary>
    /// <param name="canvas">The background.</param>
    /// <param name="objects">The objects, at most one a cell.</param>
    /// <exception cref="ArgumentException">Two objects share a cell, there are more than <see cref="World.MaxObjects"/>, or a jitter is out of
    /// range.</exception>
    public Scene(CanvasColor canvas, IEnumerable<SceneObject> objects)
    {
        ArgumentNullException.ThrowIfNull(objects);
        Canvas = canvas;
        Objects = [.. objects.OrderBy(o => o.Cell)];
        if (Objects.Length > World.MaxObjects)
            throw new ArgumentException($"A scene holds at most {World.MaxObjects} objects, but got {Objects.Length}.", nameof(objects));

        for (var i = 0; i < Objects.Length; i++)
        {
            if (i > 0 && Objects[i].Cell == Objects[i - 1].Cell)
                throw new ArgumentException($"Two objects share the cell {Objects[i].Cell}.", nameof(objects));

            if (!(Math.Abs(Objects[i].JitterX) <= World.MaxJitter && Math.Abs(Objects[i].JitterY) <= World.MaxJitter))
                throw new ArgumentException($"The object at {Objects[i].Cell} is more than {World.MaxJitter} px off its cell's centre.", nameof(objects));
        }
    }

    /// <summary>The colour behind the objects.</summary>
    public CanvasColor Canvas { get; }

    /// <summary>The objects, in reading order.</summary>
    public ImmutableArray<SceneObject> Objects { get; }

    /// <inheritdoc/>
    public bool Equals(Scene? other) => other is not null && Canvas == other.Canvas && Objects.AsSpan().SequenceEqual(other.Objects.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Canvas);
        foreach (var item in Objects)
            hash.Add(item);
        return hash.ToHashCode();
    }
}
