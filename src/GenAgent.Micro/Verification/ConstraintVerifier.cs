using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Verification;

/// <summary>
/// Checks a reading against constraints. Strict: counts are exact, arrangements hold for every pair of objects, and nothing else may be in the picture. Pure.
/// </summary>
public static class ConstraintVerifier
{
    // Objects in one row or column differ only by jitter, which is not an arrangement.
    private const float MinApart = 8;

    // Small and large differ by a factor of 1.6; this is the geometric mean.
    private const float MinSizeRatio = 1.25f;

    /// <summary>Checks every constraint.</summary>
    /// <param name="reading">The reading of the image.</param>
    /// <param name="constraints">The constraints.</param>
    /// <returns>A check for each constraint; the image passes if all do.</returns>
    /// <exception cref="ArgumentException">The constraints ask for what this world does not have.</exception>
    public static Verdict Verify(SceneReading reading, PromptConstraints constraints)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(constraints);
        return TryVerify(reading, constraints, out var verdict, out var error)
            ? verdict
            : throw new ArgumentException($"The miniature world has {error}.", nameof(constraints));
    }

    internal static bool TryVerify(SceneReading reading, PromptConstraints constraints, out Verdict verdict, out string error)
    {
        verdict = null!;
        if (!ConstraintSet.TryParse(constraints, out var asked, out error))
            return false;

        List<Check> checks = [];
        List<ErrorKind> errors = [];
        foreach (var group in asked.Include)
            checks.Add(Count(reading, group));
        errors.AddRange(ErrorMatching.Of(reading.Objects, asked.Include));
        Arrangements(reading, asked.Include, checks, errors);
        Places(reading, asked.Include, checks, errors);
        Sizes(reading, asked.Include, checks, errors);
        foreach (var group in asked.Exclude)
        {
            var found = reading.Objects.Count(group.Matches);
            checks.Add(new($"Not {group.Words}", found < group.Count, $"fewer than {group.Count}", $"{found}"));
            if (found >= group.Count && asked.Forbidden.Contains(group))
                errors.Add(ErrorKind.Forbidden);
        }

        if (asked.Canvas is { } canvas)
        {
            checks.Add(new("Background", reading.Canvas == canvas, WorldWords.Name(canvas), WorldWords.Name(reading.Canvas)));
            if (reading.Canvas != canvas)
                errors.Add(ErrorKind.WrongBackground);
        }

        checks.Add(NothingElse(reading, asked.Include));
        verdict = new(checks, errors);
        return true;
    }

    private static Check Count(SceneReading reading, ConstraintGroup group)
    {
        var found = reading.Objects.Count(group.Matches);
        var near = reading.Objects.Where(o => !group.Matches(o) && o.Class == group.Class)
            .GroupBy(o => o.IsClear ? (group.Size is null ? (ShapeSize?)null : o.Size, o.Color) : default((ShapeSize?, ShapeColor)?))
            .Select(g => g.Key is not { } like ? $"{g.Count()} unclear" : ConstraintGroup.Describe(g.Count(), like.Item1, like.Item2, group.Class));
        var also = string.Join(", ", near);
        return new(
            $"Count of {Kind(group)}", found == group.Count, group.Words,
            also.Length == 0 ? $"{found}" : $"{found} (and {also})");
    }

    private static string Kind(ConstraintGroup group) => string.Join(' ', new[]
    {
        group.Size is { } size ? WorldWords.Name(size) : null, group.Color is { } color ? WorldWords.Name(color) : null, WorldWords.Plural(group.Class),
    }.OfType<string>());

    private static void Arrangements(SceneReading reading, IReadOnlyList<ConstraintGroup> groups, List<Check> checks, List<ErrorKind> errors)
    {
        foreach (var first in groups.Where(g => g.Region is not null))
        {
            var (here, there) = (first.Region!.Value, Opposite(first.Region.Value));
            var others = groups.Where(g => g.Region == there).ToList();
            if (others.Count == 0)
            {
                Add(first, $"{Name(here)} the middle", reading.Objects.Where(first.Matches).Select(o => Along(o, here)), [Middle(here)]);
                continue;
            }

            // A pair is one constraint, checked from its upper or left member.
            if (here is Region.Below or Region.Right)
                continue;
            foreach (var second in others)
            {
                var where = Name(here);
                Add(first, $"{where} the {WorldWords.Name(second.Class, second.Count)}",
                    reading.Objects.Where(first.Matches).Select(o => Along(o, here)), reading.Objects.Where(second.Matches).Select(o => Along(o, here)));
            }
        }

        void Add(ConstraintGroup group, string place, IEnumerable<float> firsts, IEnumerable<float> seconds)
        {
            var (a, b) = (firsts.ToArray(), seconds.ToArray());
            var subject = WorldWords.Name(group.Class, group.Count);
            var seen = a.Length > 0 && b.Length > 0;
            var holds = seen && a.Max() + MinApart <= b.Min();
            checks.Add(new($"Place of the {subject}", holds, place, holds ? place : seen ? "another arrangement" : "not all of them"));
            if (seen && !holds)
                errors.Add(ErrorKind.WrongPlace);
        }
    }

    /// <summary>Checks each group's own place: its cells, row or column.</summary>
    private static void Places(SceneReading reading, IReadOnlyList<ConstraintGroup> groups, List<Check> checks, List<ErrorKind> errors)
    {
        foreach (var group in groups.Where(g => g.IsPlaced))
        {
            GridCell[] found = [.. reading.Objects.Where(group.Matches).Select(o => o.Cell).Order()];
            var within = found.All(group.Allows);
            var holds = within && found.Length > 0 && (group.Cells is null || found.SequenceEqual(group.Cells));
            checks.Add(
                new($"Place of the {Kind(group)}", holds, group.Place, found.Length == 0 ? "not there" : string.Join(", ", found.Select(WorldWords.Name))));
            if (!within || (!holds && found.Length == group.Count))
                errors.Add(ErrorKind.WrongPlace);
        }
    }

    /// <summary>The position along the region's axis, growing away from the region.</summary>
    private static float Along(SeenObject item, Region region) => region switch
    {
        Region.Left => item.CenterX,
        Region.Right => -item.CenterX,
        Region.Above => item.CenterY,
        _ => -item.CenterY,
    };

    private static string Name(Region region) => region switch
    {
        Region.Above => "above",
        Region.Below => "below",
        Region.Left => "left of",
        _ => "right of",
    };

    private static float Middle(Region region) => region is Region.Left or Region.Above ? World.ImageSize / 2f : -World.ImageSize / 2f;

    private static Region Opposite(Region region) => region switch
    {
        Region.Above => Region.Below,
        Region.Below => Region.Above,
        Region.Left => Region.Right,
        _ => Region.Left,
    };

    private static void Sizes(SceneReading reading, IReadOnlyList<ConstraintGroup> groups, List<Check> checks, List<ErrorKind> errors)
    {
        foreach (var (larger, smaller) in groups.Where(g => g.Relative == RelativeSize.Larger)
            .SelectMany(l => groups.Where(g => g.Relative == RelativeSize.Smaller).Select(s => (l, s))))
        {
            var big = reading.Objects.Where(larger.Matches).Select(o => o.Radius).ToArray();
            var little = reading.Objects.Where(smaller.Matches).Select(o => o.Radius).ToArray();
            var seen = big.Length > 0 && little.Length > 0;
            var holds = seen && big.Min() >= MinSizeRatio * little.Max();
            var expected = $"larger than the {WorldWords.Name(smaller.Class, smaller.Count)}";
            checks.Add(
                new($"Size of the {WorldWords.Name(larger.Class, larger.Count)}", holds, expected, holds ? expected : seen ? "not larger" : "not all of them"));
            if (seen && !holds)
                errors.Add(ErrorKind.WrongSize);
        }
    }

    private static Check NothingElse(SceneReading reading, IReadOnlyList<ConstraintGroup> groups)
    {
        var others = reading.Objects.Where(o => !groups.Any(g => g.Matches(o))).Select(Describe).ToArray();
        return new("Anything else", others.Length == 0, "nothing", others.Length == 0 ? "nothing" : string.Join(", ", others));
    }

    private static string Describe(SeenObject item) => item.IsClear
        ? $"a {WorldWords.Name(item.Color)} {WorldWords.Name(item.Class)} at {WorldWords.Name(item.Cell)}"
        : $"something unclear at {WorldWords.Name(item.Cell)} ({item.Doubt})";
}
