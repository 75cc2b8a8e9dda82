using GenAgent.Micro.Scenes;
using GenAgent.Seeds;

namespace GenAgent.Micro.Prompts;

/// <summary>Which part of the prompts.</summary>
public enum PromptSplit
{
    /// <summary>For choosing checkpoints and settings.</summary>
    Validation,

    /// <summary>For reported figures only.</summary>
    Test,
}

/// <summary>The shipped benchmark: 40 prompts for each of GenEval++'s seven categories and 50 for each domain of knowledge, in two splits.</summary>
public static class MicroBenchmark
{
    private const ulong Root = 20260115;
    private const int PerCategory = 40;
    private const int PerDomain = 50;

    /// <summary>The shipped prompts of a split: the seven categories first, then the knowledge domains.</summary>
    /// <param name="split">Test or validation.</param>
    /// <returns>The prompts, in order.</returns>
    public static IReadOnlyList<MicroPrompt> Load(PromptSplit split) => [.. Files(split).SelectMany(Read)];

    /// <summary>Regenerates both splits from their seeds, as file names and lines; byte for byte equal to the shipped files.</summary>
    /// <returns>The content of each file by its name.</returns>
    public static IReadOnlyDictionary<string, string> Generate()
    {
        var seeds = SeedPath.FromRoot(Root).Child("benchmark");
        HashSet<string> meanings = new(StringComparer.Ordinal);
        HashSet<string> facts = new(StringComparer.Ordinal);
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (var split in new[] { PromptSplit.Test, PromptSplit.Validation })
        {
            var tags = new[] { PromptTags.Categories, PromptTags.KnowledgeDomains };
            foreach (var (tagsOfFile, file) in tags.Zip(Files(split)))
            {
                var prompts = tagsOfFile.SelectMany(tag => string.Equals(tag, PromptTags.Counting, StringComparison.Ordinal)
                    ? Counting(split, seeds)
                    : Distinct(split, tag, seeds, meanings, facts));
                files[file] = string.Concat(prompts.Select(p => p.ToJson() + "\n"));
            }
        }

        return files;
    }

    /// <summary>One prompt of a tag, with its meaning and wording drawn.</summary>
    internal static MicroPrompt Draw(string id, string tag, SeededDraws draws) => Make(id, tag, GroupSampler.Draw(tag, draws), draws);

    private static IEnumerable<MicroPrompt> Distinct(PromptSplit split, string tag, SeedPath seeds, HashSet<string> meanings, HashSet<string> facts)
    {
        var count = PromptTags.Categories.Contains(tag, StringComparer.Ordinal) ? PerCategory : PerDomain;
        var draws = new SeededDraws(seeds.Child(Name(split)).Child(tag));
        for (var i = 0; i < count;)
        {
            var prompt = Draw(Id(split, tag, i), tag, draws);
            var factKey = Combination.OfFacts(prompt.Facts);
            if (meanings.Contains(Combination.OfMeaning(prompt.Include)) || (factKey is not null && facts.Contains(factKey)))
                continue;
            meanings.Add(Combination.OfMeaning(prompt.Include));
            if (factKey is not null)
                facts.Add(factKey);
            i++;
            yield return prompt;
        }
    }

    /// <summary>
    /// There are only 40 pairs of a class and a number from 3 to 7. Test, validation and training get about a third of them each, in several wordings.
    /// </summary>
    private static IEnumerable<MicroPrompt> Counting(PromptSplit split, SeedPath seeds)
    {
        var pairs = World.Classes.SelectMany(c => GroupSampler.CountingRange.Select(n => new PromptGroup(c, n)))
            .Where(g => ((int)g.Class + g.Count) % 3 == (split == PromptSplit.Test ? 0 : 1)).ToArray();
        var draws = new SeededDraws(seeds.Child(Name(split)).Child(PromptTags.Counting));
        HashSet<string> texts = new(StringComparer.Ordinal);
        for (var i = 0; i < PerCategory;)
        {
            var prompt = Make(Id(split, PromptTags.Counting, i), PromptTags.Counting, [pairs[i % pairs.Length]], draws);
            if (!texts.Add(prompt.Prompt))
                continue;
            i++;
            yield return prompt;
        }
    }

    private static MicroPrompt Make(string id, string tag, PromptGroup[] groups, SeededDraws draws)
    {
        var text = Phrasing.Write(groups, draws);
        var facts = groups.SelectMany(g => g.Facts).Select(f => f.Id).ToArray();
        var exclude = string.Equals(tag, PromptTags.Counting, StringComparison.Ordinal)
            ? groups.Select(g => g.Constraint with { Count = g.Count + 1 }).ToArray()
            : null;
        return new(id, tag, text, [.. groups.Select(g => g.Constraint)], exclude, facts.Length == 0 ? null : facts);
    }

    private static string[] Files(PromptSplit split) => [$"{Name(split)}.jsonl", $"{Name(split)}-knowledge.jsonl"];

    private static string Name(PromptSplit split) => split == PromptSplit.Test ? "test" : "validation";

    private static string Id(PromptSplit split, string tag, int index) => $"{Name(split)}/{tag}/{index + 1:D3}";

    private static IEnumerable<MicroPrompt> Read(string file)
    {
        using var stream = typeof(MicroBenchmark).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidDataException($"The assembly lacks its resource {file}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            yield return MicroPrompt.FromJson(line);
    }
}
