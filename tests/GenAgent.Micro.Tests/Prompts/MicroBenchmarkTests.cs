using GenAgent.Micro.Captions;
using GenAgent.Micro.Facts;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;

namespace GenAgent.Micro.Tests.Prompts;

public sealed class MicroBenchmarkTests
{
    private static readonly IReadOnlyList<MicroPrompt> Test = MicroBenchmark.Load(PromptSplit.Test);
    private static readonly IReadOnlyList<MicroPrompt> Validation = MicroBenchmark.Load(PromptSplit.Validation);
    private static readonly SeedPath Root = SeedPath.FromRoot(3);

    private static string ShippedFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GenAgent.slnx")))
            folder = folder.Parent;
        return Path.Combine(folder.ShouldNotBeNull().FullName, "benchmarks", "micro");
    }

    [Fact]
    public void The_shipped_files_are_what_their_seeds_give_byte_for_byte()
    {
        var files = MicroBenchmark.Generate();

        files.Keys.Order(StringComparer.Ordinal).ShouldBe(["test-knowledge.jsonl", "test.jsonl", "validation-knowledge.jsonl", "validation.jsonl"]);
        foreach (var (name, text) in files)
            File.ReadAllText(Path.Combine(ShippedFolder(), name)).ShouldBe(text, name);
    }

    [Fact]
    public void Each_split_has_forty_prompts_a_category_and_fifty_a_domain()
    {
        foreach (var split in new[] { Test, Validation })
        {
            split.Count.ShouldBe(580);
            foreach (var tag in PromptTags.Categories)
                split.Count(p => p.Tag == tag).ShouldBe(40, tag);
            foreach (var tag in PromptTags.KnowledgeDomains)
                split.Count(p => p.Tag == tag).ShouldBe(50, tag);
            split.Select(p => p.Id).ShouldBeUnique();
            split.Select(p => p.Prompt).ShouldBeUnique();
        }
    }

    [Fact]
    public void Every_prompt_can_be_met_and_the_verifier_says_so_from_the_pixels()
    {
        using var renderer = new SceneRenderer();
        var reader = new SceneReader();
        foreach (var prompt in Test.Concat(Validation))
        {
            var scene = OracleRewriter.Satisfy(prompt.Constraints, Root.Child("oracle"));
            ConstraintVerifier.Verify(reader.Read(renderer.Render(scene)), prompt.Constraints).Reason
                .ShouldBe("Everything that was asked for is there, and nothing else.", prompt.Id);
        }
    }

    [Fact]
    public void Test_and_validation_share_no_combination()
    {
        Test.Select(p => Combination.OfMeaning(p.Include)).Intersect(Validation.Select(p => Combination.OfMeaning(p.Include)), StringComparer.Ordinal)
            .ShouldBeEmpty();
        Test.Select(p => Combination.OfFacts(p.Facts))
            .OfType<string>()
            .Intersect(Validation.Select(p => Combination.OfFacts(p.Facts)).OfType<string>(), StringComparer.Ordinal)
            .ShouldBeEmpty();
    }

    [Fact]
    public void Training_prompts_never_combine_what_is_tested_but_use_the_same_facts_and_categories()
    {
        var source = new TrainingPrompts();
        var meanings = Test.Concat(Validation).Select(p => Combination.OfMeaning(p.Include)).ToHashSet(StringComparer.Ordinal);
        var combinations = Test.Concat(Validation).Select(p => Combination.OfFacts(p.Facts)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        HashSet<string> facts = new(StringComparer.Ordinal), tags = new(StringComparer.Ordinal);
        for (var i = 0; i < 10_000; i++)
        {
            var prompt = source.Draw(Root.Child("train", i));
            meanings.ShouldNotContain(Combination.OfMeaning(prompt.Include), prompt.Prompt);
            if (Combination.OfFacts(prompt.Facts) is { } combination)
                combinations.ShouldNotContain(combination, prompt.Prompt);
            tags.Add(prompt.Tag);
            facts.UnionWith(prompt.Facts ?? []);
        }

        tags.Count.ShouldBe(13);
        facts.Count.ShouldBeGreaterThan(FactTable.All.Count * 95 / 100);
        Test.SelectMany(p => p.Facts ?? []).Except(facts, StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void Training_scenes_never_show_what_is_tested()
    {
        var held = HeldOutCombinations.OfBenchmark;
        var sampler = new SceneSampler(heldOut: held.Contains);
        var free = new SceneSampler();
        var prompts = Test.Concat(Validation).ToList();
        var rejected = 0;
        for (var i = 0; i < 400; i++)
        {
            var reading = SceneReading.Of(sampler.Sample((ulong)i));
            prompts.ShouldAllBe(p => !ConstraintVerifier.Verify(reading, p.Constraints).Passed);
            rejected += held.Contains(free.Sample((ulong)i)) ? 1 : 0;
        }

        // The test is only worth something when free sampling would have hit some, and training only when most remain.
        rejected.ShouldBeInRange(1, 100);
    }

    [Fact]
    public void Knowledge_prompts_do_not_say_what_must_be_known()
    {
        foreach (var prompt in Test.Where(p => p.Facts is not null))
        {
            prompt.Facts!.Count.ShouldBeInRange(2, 3, prompt.Id);
            foreach (var fact in prompt.Facts.Select(FactTable.Get))
            {
                prompt.Prompt.ShouldContain(fact.Text, Case.Insensitive, prompt.Id);
                var constraint = prompt.Include.Select(c => fact.Kind switch { FactKind.Number => $"{c.Count}", FactKind.Color => c.Color, _ => c.Class });
                constraint.ShouldContain(fact.Value, prompt.Id);
            }
        }
    }

    [Fact]
    public void Plain_prompts_name_every_class_colour_and_number_that_is_checked()
    {
        foreach (var prompt in Test.Where(p => p.Facts is null))
        {
            var words = CaptionVocabulary.Split(prompt.Prompt);
            foreach (var group in prompt.Include)
            {
                WorldWords.TryParse(group.Class, out ShapeClass kind).ShouldBeTrue();
                words.ShouldContain(WorldWords.Name(kind, group.Count), prompt.Prompt);
                if (group.Count > 1)
                    words.ShouldContain(WorldWords.Number(group.Count), prompt.Prompt);
                if (group.Color is not null)
                    words.ShouldContain(group.Color, prompt.Prompt);
            }
        }
    }

    [Fact]
    public void Each_category_is_worded_in_several_ways()
    {
        foreach (var tag in PromptTags.Categories)
            Test.Where(p => p.Tag == tag).Select(p => p.Prompt.Split(' ')[0]).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThanOrEqualTo(4, tag);
    }

    [Fact]
    public void A_line_survives_reading_and_writing_in_the_schema_of_GenEval()
    {
        var line = Test.First(p => p.Tag == PromptTags.Counting).ToJson();

        MicroPrompt.FromJson(line).ToJson().ShouldBe(line);
        using var json = System.Text.Json.JsonDocument.Parse(line);
        json.RootElement.GetProperty("include")[0].GetProperty("class").GetString().ShouldNotBeNull();
        json.RootElement.GetProperty("exclude")[0].GetProperty("count").GetInt32()
            .ShouldBe(json.RootElement.GetProperty("include")[0].GetProperty("count").GetInt32() + 1);
        json.RootElement.GetProperty("tag").GetString().ShouldBe("counting");
    }
}
