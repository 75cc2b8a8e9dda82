using GenAgent.Micro.Facts;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Prompts;

/// <summary>Draws what prompts ask for, category by category.</summary>
internal static class GroupSampler
{
    private const int MaxGroup = 3;

    /// <summary>The numbers that counting prompts ask for.</summary>
    public static readonly IReadOnlyList<int> CountingRange = [3, 4, 5, 6, 7];

    public static PromptGroup[] Draw(string tag, SeededDraws draws)
    {
        var kinds = draws.Sample(World.Classes, 3);
        var colors = draws.Sample(World.Colors, 3);
        switch (tag)
        {
            case PromptTags.ColorAttr:
                return [new(kinds[0], 1, colors[0]), new(kinds[1], 1, colors[1]), new(kinds[2], 1, colors[2])];
            case PromptTags.Counting:
                return [new(kinds[0], draws.Pick(CountingRange))];
            case PromptTags.ColorCountAttr:
                var (a, b) = Counts(draws);
                return [new(kinds[0], a, colors[0]), new(kinds[1], b, colors[1])];
            case PromptTags.ColorSpatialAttr:
                return Apart(draws, new(kinds[0], 1, colors[0]), new(kinds[1], 1, colors[1]));
            case PromptTags.SpatialCountAttr:
                var (c, d) = Counts(draws);
                return Apart(draws, new(kinds[0], c), new(kinds[1], d));
            case PromptTags.SizeSpatialAttr:
                var larger = draws.Below(2);
                return Apart(draws, new(kinds[0], Size: larger == 0 ? "larger" : "smaller"), new(kinds[1], Size: larger == 0 ? "smaller" : "larger"));
            case PromptTags.MultiObjectCountAttr:
                return ManyCounts(draws, kinds);
            default:
                var domain = Enum.GetValues<KnowledgeDomain>().Single(k => string.Equals(PromptTags.Of(k), tag, StringComparison.Ordinal));
                return KnowledgeSampler.Draw(domain, draws);
        }
    }

    public static PromptGroup[] Apart(SeededDraws draws, PromptGroup first, PromptGroup second) => draws.Chance(0.5)
        ? [first with { Region = "left" }, second with { Region = "right" }]
        : [first with { Region = "above" }, second with { Region = "below" }];

    /// <summary>Two counts from 1 to 3 that are not both 1.</summary>
    private static (int First, int Second) Counts(SeededDraws draws)
    {
        var (first, second) = (1 + draws.Below(MaxGroup), 1 + draws.Below(MaxGroup));
        return first == 1 && second == 1 ? Counts(draws) : (first, second);
    }

    private static PromptGroup[] ManyCounts(SeededDraws draws, ShapeClass[] kinds)
    {
        var groups = kinds[..(2 + draws.Below(2))].Select(k => new PromptGroup(k, 1 + draws.Below(MaxGroup))).ToArray();
        return groups.Sum(g => g.Count) is > 2 and <= World.MaxObjects ? groups : ManyCounts(draws, kinds);
    }
}
