using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Prompts;

/// <summary>Words groups as a user would.</summary>
internal static class Phrasing
{
    private static readonly string[] Frames =
    [
        "a photo of {0}", "{0}", "an image showing {0}", "draw {0}", "please make a picture of {0}", "I need {0}", "show me {0}", "a simple graphic with {0}",
    ];

    // For what opens with a place.
    private static readonly string[] PlaceFrames = ["{0}", "draw {0}", "a picture like this: {0}", "please arrange it so: {0}", "I need a picture: {0}"];

    public static string Write(PromptGroup[] groups, SeededDraws draws)
    {
        var body = groups.Any(g => g.Region is not null) ? Arranged(groups, draws) : Listed([.. groups.Select(g => g.Words(draws))], draws);
        var text = draws.Pick(body.StartsWith("on the", StringComparison.Ordinal) || body.StartsWith("at the", StringComparison.Ordinal) ? PlaceFrames : Frames)
            .Replace("{0}", body, StringComparison.Ordinal);
        return char.ToUpperInvariant(text[0]) + text[1..];
    }

    private static string Listed(string[] phrases, SeededDraws draws) => phrases.Length switch
    {
        1 => phrases[0],
        2 when phrases[0].StartsWith("as many", StringComparison.Ordinal) => $"{phrases[0]}, and {phrases[1]}",
        2 => draws.Chance(0.7) ? $"{phrases[0]} and {phrases[1]}" : $"{phrases[0]} together with {phrases[1]}",
        _ => $"{string.Join(", ", phrases[..^1])}, and {phrases[^1]}",
    };

    /// <summary>The first group is the left or the upper one.</summary>
    private static string Arranged(PromptGroup[] groups, SeededDraws draws)
    {
        var (first, second) = (groups[0], groups[1]);
        var (a, b) = (first.Words(draws, first.Size), second.Words(draws, second.Size));
        var across = string.Equals(first.Region, "left", StringComparison.Ordinal);
        if (first.Facts.Concat(second.Facts).Any())
            return across ? $"on the left {a}, on the right {b}" : $"at the top {a}, at the bottom {b}";

        return (across, draws.Below(4)) switch
        {
            (true, 0) => $"{a} on the left and {b} on the right",
            (true, 1) => $"{a} to the left of {b}",
            (true, 2) => $"{b} to the right of {a}",
            (true, _) => $"on the left {a}, on the right {b}",
            (false, 0) => $"{a} at the top and {b} at the bottom",
            (false, 1) => $"{a} above {b}",
            (false, 2) => $"{b} below {a}",
            (false, _) => $"at the top {a}, at the bottom {b}",
        };
    }
}
