using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Seeds;
using GenAgent.Tests.Agents;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Trajectories;

public sealed class TrajectoryReplayTests
{
    [Fact]
    public async Task A_replay_makes_every_image_again_from_what_was_recorded()
    {
        using var folder = new TemporaryFolder();
        var generator = new SeededGenerator();
        var replayed = await ReplayAsync(folder, await SampleRuns.TwoRoundsAsync(), generator);

        replayed.Count.ShouldBe(4);
        replayed.ShouldAllBe(image => image.IsSame && image.Problem == null && image.Image != null);
        replayed.Select(image => image.Round).ShouldBe([0, 0, 2, 2]);
    }

    [Fact]
    public async Task Originals_and_all_settings_are_given_to_the_generator_again()
    {
        using var folder = new TemporaryFolder();
        var original = new DataContent(SeededGenerator.Png(8, 8, 99), "image/png");
        var agent = new ImageAgent(
            new ScriptedModel(Turns.Call("x"), Turns.Answer()), new SeededGenerator(), new ImageAgentOptions { Width = 32, Height = 16, Steps = 4 });
        var generator = new SeededGenerator();
        var replayed = await ReplayAsync(
            folder, await agent.RunAsync(new AgentRequest("p") { OriginalImages = [original], Seed = SeedPath.FromRoot(1) }), generator);

        replayed.ShouldHaveSingleItem().IsSame.ShouldBeTrue();
        generator.LastOriginals!.OfType<DataContent>().Single().Data.ToArray().ShouldBe(original.Data.ToArray());
        generator.Requests.Single().Options.AdditionalProperties!["steps"].ShouldBe(4);
    }

    [Fact]
    public async Task Mask_strength_model_and_further_settings_are_given_again_and_an_object_that_was_not_written_down_is_named()
    {
        using var folder = new TemporaryFolder();
        var (original, mask) = (new DataContent(SeededGenerator.Png(8, 8, 99), "image/png"), new DataContent(SeededGenerator.Png(8, 8, 3), "image/png"));
        var options = new ImageGenerationOptions { ModelId = "xl", MediaType = "image/png" }.WithSeed(3)
            .With(ImageOptionsExtensions.MaskKey, mask).With(ImageOptionsExtensions.StrengthKey, 0.25).With("quality", "high");
        var generator = new SeededGenerator();
        (await ReplayAsync(folder, await EditAsync(options), generator)).ShouldHaveSingleItem().IsSame.ShouldBeTrue();

        var seen = generator.Requests.Single().Options;
        seen.GetMask()!.Data.ToArray().ShouldBe(mask.Data.ToArray());
        (seen.GetStrength(), seen.ModelId, seen.MediaType, seen.AdditionalProperties!["quality"]).ShouldBe((0.25, "xl", "image/png", "high"));

        using var second = new TemporaryFolder();
        (await ReplayAsync(second, await EditAsync(options.With("loras", new object())), generator))
            .ShouldHaveSingleItem().Problem!.ShouldContain("\"loras\" as an object, which cannot be written down");

        async Task<AgentResult> EditAsync(ImageGenerationOptions asked)
        {
            var agent = new ImageAgent(new ScriptedModel(Turns.Call("x"), Turns.Answer()), new SeededGenerator());
            return (await agent.EditImageAsync(original, "p", asked)).RawRepresentation.ShouldBeOfType<AgentResult[]>().Single();
        }
    }

    [Fact]
    public async Task An_image_that_cannot_be_made_again_says_why()
    {
        using var folder = new TemporaryFolder();
        var untold = await SampleRuns.TwoRoundsAsync("p", new ImageAgentOptions(), new SeededGenerator { TellsSeed = false });
        (await ReplayAsync(folder, untold, new SeededGenerator())).ShouldAllBe(image => image.Problem!.Contains("did not tell which seed") && !image.IsSame);

        using var second = new TemporaryFolder();
        var broken = new SeededGenerator { Instead = (_, _, _) => throw new InvalidOperationException("gone") };
        (await ReplayAsync(second, await SampleRuns.TwoRoundsAsync(), broken)).ShouldAllBe(image => image.Problem!.Contains("gone"));

        using var third = new TemporaryFolder();
        var larger = new SeededGenerator { Instead = (_, _, _) => Task.FromResult<AIContent?>(new DataContent(SeededGenerator.Png(99, 9, 1), "image/png")) };
        (await ReplayAsync(third, await SampleRuns.TwoRoundsAsync(), larger)).ShouldAllBe(image => image.Problem!.Contains("another size"));
    }

    private static async Task<List<ReplayedImage>> ReplayAsync(TemporaryFolder folder, AgentResult result, IImageGenerator generator)
    {
        await using (var store = await TrajectoryStore.OpenAsync(folder.Path))
        {
            await store.AppendAsync(result);
        }

        var stored = new TrajectoryFolder(folder.Path);
        return await TrajectoryReplay.ReplayAsync(await stored.ReadAllAsync().SingleAsync(), stored, generator).ToListAsync();
    }
}
