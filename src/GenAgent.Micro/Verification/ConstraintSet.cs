using GenAgent.Judging;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>All constraints of a prompt, in the world's own terms. Immutable.</summary>
/// <param name="Include">What must be there.</param>
/// <param name="Exclude">What must not.</param>
/// <param name="Canvas">The background, or null for any.</param>
internal sealed record ConstraintSet(IReadOnlyList<ConstraintGroup> Include, IReadOnlyList<ConstraintGroup> Exclude, CanvasColor? Canvas)
{
    /// <summary>What is forbidden although the required groups would allow it: "three circles, none of them red".</summary>
    public IEnumerable<ConstraintGroup> Forbidden =>
        Exclude.Where(e => !Include.Any(i => i.Class == e.Class && i.Color == e.Color && i.Size == e.Size && i.Count < e.Count));

    /// <summary>Reads constraints; the error names what this world does not have.</summary>
    public static bool TryParse(PromptConstraints constraints, out ConstraintSet set, out string error)
    {
        set = null!;
        if (!TryParse(constraints.Include, out var include, out error) || !TryParse(constraints.Exclude ?? [], out var exclude, out error))
            return false;
        CanvasColor? canvas = null;
        if (constraints.Background is { } name)
        {
            if (!Captions.WorldWords.TryParse(name, out CanvasColor parsed))
            {
                error = $"no background \"{name}\"";
                return false;
            }

            canvas = parsed;
        }

        set = new(include, exclude, canvas);
        return true;
    }

    /// <summary>Reads constraints.</summary>
    /// <exception cref="ArgumentException">They ask for what this world does not have.</exception>
    public static ConstraintSet Parse(PromptConstraints constraints) => TryParse(constraints, out var set, out var error)
        ? set
        : throw new ArgumentException($"The miniature world has {error}.", nameof(constraints));

    /// <summary>The colours that a group may have.</summary>
    public IReadOnlyList<ShapeColor> Colors(ConstraintGroup group)
    {
        if (group.Color is { } color)
            return [color];
        var forbidden = Forbidden.Where(e => e.Class == group.Class && e.Size is null && e.Count == 1).Select(e => e.Color).ToHashSet();
        return forbidden.Count == 0 ? World.Colors : [.. World.Colors.Where(c => !forbidden.Contains(c))];
    }

    private static bool TryParse(IReadOnlyList<ObjectConstraint> constraints, out List<ConstraintGroup> groups, out string error)
    {
        groups = [];
        error = string.Empty;
        foreach (var constraint in constraints)
        {
            if (!ConstraintGroup.TryParse(constraint, out var group, out error))
                return false;
            groups.Add(group);
        }

        return true;
    }
}
