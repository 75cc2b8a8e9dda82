using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Facts;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>
/// The canonical wording of the miniature agent: groups as <c>three red circle left</c> (number, size, colour, class, region, place;
/// open values are omitted), what is forbidden as <c>not red circle</c>, the background as <c>black background</c>, objects as in dense captions, facts as
/// <c>color of ripe bananas is yellow</c>. Pure.
/// </summary>
public static class CanonicalWords
{
    /// <summary>The request group by group, with commas; then what is forbidden, and the background.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <returns>The words.</returns>
    /// <exception cref="ArgumentException">The constraints ask for what this world does not have.</exception>
    public static string Of(PromptConstraints asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var parts = asked.Include.Select(Of);
        if (asked.Exclude is { Count: > 0 })
            parts = parts.Concat(ConstraintSet.Parse(asked).Forbidden.Select(Forbidden));
        return string.Join(", ", asked.Background is { } background ? parts.Append($"{background} background") : parts);
    }

    /// <summary>What is forbidden, as <c>not red circle</c>.</summary>
    internal static string Forbidden(ConstraintGroup group) => string.Join(' ', new[]
    {
        "not", group.Size is { } size ? WorldWords.Name(size) : null, group.Color is { } color ? WorldWords.Name(color) : null, WorldWords.Name(group.Class),
    }.OfType<string>());

    /// <summary>One group.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The words.</returns>
    public static string Of(ObjectConstraint group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return $"{Number(group.Count)} {Uncounted(group)}{Place(group)}";
    }

    // "three blue triangle at bottom-left bottom-center bottom-right", "one star row top".
    private static string Place(ObjectConstraint group) => string.Concat(new[]
    {
        group.Cells is { } cells ? $" at {string.Join(' ', InOrder(cells))}" : null,
        group.Rows is { } row ? $" row {row}" : null,
        group.Columns is { } column ? $" column {column}" : null,
    }.OfType<string>());

    private static IEnumerable<string> InOrder(IReadOnlyList<string> cells) =>
        cells.OrderBy(name => WorldWords.TryParse(name, out GridCell cell) ? cell : default);

    /// <summary>One group, without how many: <c>red circle left</c>.</summary>
    internal static string Uncounted(ObjectConstraint group) =>
        string.Join(' ', new[] { group.Size, group.Color, group.Class, group.Region }.OfType<string>());

    /// <summary>A fact with its answer, as <c>number of days in a weekend is two</c>.</summary>
    /// <param name="fact">The fact.</param>
    /// <returns>The words.</returns>
    public static string Of(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return $"{Question(fact)} is {Answer(fact)}";
    }

    /// <summary>What a fact answers, as <c>number of days in a weekend</c>.</summary>
    /// <param name="fact">The fact.</param>
    /// <returns>The words.</returns>
    public static string Question(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return $"{fact.Kind switch { FactKind.Number => "number", FactKind.Color => "color", _ => "shape" }} of {fact.Text}";
    }

    /// <summary>A fact's answer in one word of this world.</summary>
    /// <param name="fact">The fact.</param>
    /// <returns>One word.</returns>
    public static string Answer(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return fact.Kind == FactKind.Number ? Number(fact.Number) : fact.Value;
    }

    /// <summary>
    /// A reading in the words of a dense caption, in reading order. Each object is numbered within its kind, as in <c>large red star top-left one large red
    /// star center two</c>, so that describing also counts. Unclear objects are <c>unclear shape top-left</c>, or <c>large unclear star top-left</c> if
    /// only the colour is unclear.
    /// </summary>
    /// <param name="reading">The reading of the image.</param>
    /// <returns>The words.</returns>
    public static string Of(SceneReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        return string.Join(' ', reading.Objects.Select(Numbered).Append($"{WorldWords.Name(reading.Canvas)} background"));

        string Numbered(SeenObject item)
        {
            var kind = Kind(item);
            numbers[kind] = numbers.GetValueOrDefault(kind) + 1;
            return $"{Of(item)} {Number(numbers[kind])}";
        }
    }

    /// <summary>One object as it is seen.</summary>
    /// <param name="item">The object.</param>
    /// <returns>The words.</returns>
    public static string Of(SeenObject item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return $"{(item.ClassDoubt is null ? $"{WorldWords.Name(item.Size)} " : string.Empty)}{Kind(item)} {WorldWords.Name(item.Cell)}";
    }

    /// <summary>An object's kind: colour and class, as far as they are clear.</summary>
    private static string Kind(SeenObject item) => item.ClassDoubt is null
        ? $"{(item.ColorDoubt is null ? WorldWords.Name(item.Color) : "unclear")} {WorldWords.Name(item.Class)}"
        : "unclear shape";

    internal static string Number(int count) => count is >= 0 and <= World.MaxObjects + 2 ? WorldWords.Number(count) : $"{count}";
}
