using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Captions;

/// <summary>A group of equal objects, as people count them.</summary>
/// <param name="Class">What they are.</param>
/// <param name="Color">Their colour, or null when they differ in it.</param>
/// <param name="Size">Their size, or null when they differ in it.</param>
/// <param name="Members">The objects.</param>
internal sealed record ShapeGroup(ShapeClass Class, ShapeColor? Color, ShapeSize? Size, IReadOnlyList<SceneObject> Members)
{
    public int Count => Members.Count;

    /// <summary>Groups the scene's objects by class and colour, or by class only, in order of first occurrence.</summary>
    public static IReadOnlyList<ShapeGroup> Of(Scene scene, bool byColor) =>
        [.. scene.Objects.GroupBy(o => (o.Class, Color: byColor ? o.Color : (ShapeColor?)null)).Select(g => new ShapeGroup(
            g.Key.Class, Same(g, o => o.Color), Same(g, o => o.Size), [.. g]))];

    private static T? Same<T>(IEnumerable<SceneObject> members, Func<SceneObject, T> attribute)
        where T : struct
    {
        var values = members.Select(attribute).Distinct().Take(2).ToArray();
        return values.Length == 1 ? values[0] : null;
    }
}
