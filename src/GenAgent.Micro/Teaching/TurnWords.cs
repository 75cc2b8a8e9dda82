using GenAgent.Judging;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>How the teacher speaks of what it sees and what was asked.</summary>
internal static class TurnWords
{
    public static string Describe(PromptConstraints asked) => Join([.. asked.Include.Select(Describe)]);

    public static string Describe(SceneReading reading) => reading.Objects.Count == 0
        ? "an empty canvas"
        : Join([.. reading.Objects.Select(o => o.IsClear
            ? $"a {WorldWords.Name(o.Size)} {WorldWords.Name(o.Color)} {WorldWords.Name(o.Class)} {WorldWords.Name(o.Cell)}"
            : $"something unclear {WorldWords.Name(o.Cell)}")]);

    public static string Reflect(Verdict verdict) =>
        $"What fell short: {string.Join(", ", verdict.Errors.Distinct().Select(Name).DefaultIfEmpty("the arrangement"))}. I plan the scene anew and describe every object again.";

    private static string Describe(ObjectConstraint group)
    {
        var kind = WorldWords.TryParse(group.Class, out Scenes.ShapeClass parsed) ? WorldWords.Name(parsed, group.Count) : group.Class;
        var size = group.Size is null ? string.Empty : $"{group.Size} ";
        var color = group.Color is null ? string.Empty : $"{group.Color} ";
        var place = group.Region switch { null => string.Empty, "above" => " above", "below" => " below", var side => $" on the {side}" };
        return $"{WorldWords.Number(group.Count)} {size}{color}{kind}{place}";
    }

    private static string Name(ErrorKind error) => error switch
    {
        ErrorKind.Missing => "something is missing",
        ErrorKind.Doubled => "there are too many of a kind",
        ErrorKind.WrongColor => "a colour is wrong",
        ErrorKind.WrongClass => "a shape is wrong",
        ErrorKind.Extra => "something is there that nobody asked for",
        ErrorKind.WrongPlace => "the places are wrong",
        ErrorKind.WrongSize => "the sizes are wrong",
        _ => "something cannot be told",
    };

    private static string Join(string[] parts) => parts.Length switch
    {
        0 => "nothing",
        1 => parts[0],
        _ => $"{string.Join(", ", parts[..^1])} and {parts[^1]}",
    };
}
