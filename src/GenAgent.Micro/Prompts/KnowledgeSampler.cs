using GenAgent.Micro.Facts;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Prompts;

/// <summary>Draws knowledge prompts: one or two groups of which facts of one domain determine two or three parts.</summary>
internal static class KnowledgeSampler
{
    // Most prompts have two groups, because a single group has few different meanings and tested ones are excluded from all training scenes.
    private const double SingleShare = 0.2;
    private const double ApartShare = 0.3;

    public static PromptGroup[] Draw(KnowledgeDomain domain, SeededDraws draws)
    {
        while (true)
        {
            var groups = draws.Chance(SingleShare) ? Single(domain, draws) : Pair(domain, draws);
            var facts = groups.SelectMany(g => g.Facts).ToList();
            if (groups.Sum(g => g.Count) <= World.MaxObjects && facts.Distinct().Count() == facts.Count
                && groups.DistinctBy(g => g.Class).Count() == groups.Length)
                return groups;
        }
    }

    private static PromptGroup[] Single(KnowledgeDomain domain, SeededDraws draws)
    {
        var slots = draws.Weighted([0.6, 0.2, 0.2]) switch
        {
            0 => (Number: true, Color: true, Shape: false),
            1 => (Number: false, Color: true, Shape: true),
            _ => (Number: true, Color: false, Shape: true),
        };
        return [Group(domain, draws, slots.Number, slots.Color, slots.Shape, maxCount: 5)];
    }

    private static PromptGroup[] Pair(KnowledgeDomain domain, SeededDraws draws)
    {
        // Which of the six parts (number, colour and shape of either group) facts determine.
        List<int> open = [0, 1, 2, 3, 4, 5];
        HashSet<int> told = [];
        for (var left = draws.Chance(0.6) ? 2 : 3; left > 0; left--)
        {
            var slot = open[draws.Weighted([.. open.Select(s => s % 3 == 2 ? 1.5 : 3)])];
            open.Remove(slot);
            told.Add(slot);
        }

        var first = Group(domain, draws, told.Contains(0), told.Contains(1), told.Contains(2), maxCount: 3);
        var second = Group(domain, draws, told.Contains(3), told.Contains(4), told.Contains(5), maxCount: 3);
        return draws.Chance(ApartShare) ? GroupSampler.Apart(draws, first, second) : [first, second];
    }

    private static PromptGroup Group(KnowledgeDomain domain, SeededDraws draws, bool number, bool color, bool shape, int maxCount)
    {
        var countFact = number ? draws.Pick(FactTable.Of(domain, FactKind.Number)) : null;
        var colorFact = color ? draws.Pick(FactTable.Of(domain, FactKind.Color)) : null;
        var classFact = shape ? draws.Pick(FactTable.Of(domain, FactKind.Shape)) : null;
        return new(classFact?.Shape ?? draws.Pick(World.Classes), countFact?.Number ?? 1 + draws.Below(maxCount), colorFact?.Color ?? draws.Pick(World.Colors))
        {
            CountFact = countFact,
            ColorFact = colorFact,
            ClassFact = classFact,
        };
    }
}
