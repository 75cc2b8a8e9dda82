using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Prompts;

/// <summary>
/// Prompts that the miniature world cannot draw: everyday things, and more objects than it holds. A quarter of the words is reserved for tests and never
/// used in training. The same seed gives the same prompt. Pure.
/// </summary>
public static class OutsidePrompts
{
    private static readonly string[] Things =
    [
        "cat", "dog", "house", "tree", "car", "boat", "mountain", "river", "castle", "dragon", "horse", "bird", "robot", "flower", "bridge", "train",
        "airplane", "city", "forest", "beach", "sofa", "chair", "table", "lamp", "book", "clock", "apple", "banana", "pizza", "cake", "bottle", "cup",
        "guitar", "piano", "violin", "football", "bicycle", "bus", "truck", "rocket", "astronaut", "knight", "princess", "wizard", "pirate", "queen",
        "king", "baby", "woman", "man", "girl", "boy", "teacher", "doctor", "farmer", "cow", "pig", "sheep", "chicken", "duck", "fish", "shark", "whale",
        "lion", "tiger", "elephant", "giraffe", "monkey", "bear", "wolf", "fox", "rabbit", "mouse", "snake", "frog", "turtle", "spider", "butterfly",
        "island", "desert", "waterfall", "sunset", "rainbow", "storm", "snowman", "garden", "village", "street", "market", "kitchen", "bedroom", "window",
        "door", "umbrella", "hat", "shoe", "dress", "jacket", "camera", "phone", "laptop", "sword", "shield", "crown", "candle", "teapot", "balloon", "kite",
    ];

    private static readonly string[] Looks = ["old", "happy", "sleeping", "wooden", "golden", "tall", "funny", "angry", "wet", "shiny", "red", "blue", "small",
        "green"];
    private static readonly string[] Places = ["on a", "under a", "next to a", "in front of a", "behind a", "with a"];
    private static readonly string[] Frames =
    [
        "a photo of {0}",
        "{0}",
        "a painting of {0}",
        "draw {0}",
        "please make a picture of {0}",
        "show me {0}",
        "i want {0}",
        "{0}, oil on canvas"
    ];

    /// <summary>Words of training prompts.</summary>
    public static IReadOnlyList<string> TrainingWords { get; } = [.. Things.Where((_, i) => i % 4 != 3)];

    /// <summary>Words of test prompts.</summary>
    public static IReadOnlyList<string> HeldOutWords { get; } = [.. Things.Where((_, i) => i % 4 == 3)];

    /// <summary>The prompt of this seed.</summary>
    /// <param name="seed">Where its choices come from.</param>
    /// <param name="heldOut">Whether its words are those of the tests.</param>
    /// <returns>The prompt.</returns>
    public static string Draw(SeedPath seed, bool heldOut = false)
    {
        ArgumentNullException.ThrowIfNull(seed);
        var draws = new SeededDraws(seed);
        var words = heldOut ? HeldOutWords : TrainingWords;
        var body = draws.Weighted([0.35, 0.3, 0.15, 0.2]) switch
        {
            0 => Thing(),
            1 => $"{Thing()} {draws.Pick(Places)} {draws.Pick(words)}",
            2 => $"{Thing()} and a {WorldWords.Name(draws.Pick(World.Colors))} {WorldWords.Name(draws.Pick(World.Classes))}",
            _ => TooMany(),
        };
        var text = draws.Pick(Frames).Replace("{0}", body, StringComparison.Ordinal);
        return draws.Chance(0.5) ? char.ToUpperInvariant(text[0]) + text[1..] : text;

        string Thing() => draws.Chance(0.5) ? $"a {draws.Pick(words)}" : $"a {draws.Pick(Looks)} {draws.Pick(words)}";

        string TooMany()
        {
            var kind = WorldWords.Plural(draws.Pick(World.Classes));
            var color = draws.Chance(0.5) ? $"{WorldWords.Name(draws.Pick(World.Colors))} " : string.Empty;
            return draws.Pick(["eight", "nine", "ten", "eleven", "twelve", "twenty", "fifty", "a hundred", "10", "12", "100"]) + $" {color}{kind}";
        }
    }
}
