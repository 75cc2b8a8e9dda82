using GenAgent.Agents;
using GenAgent.Generators;
using GenAgent.Protocol;
using GenAgent.Seeds;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Tests.Agents;

public sealed class ImageAgentOptionsTests
{
    public static TheoryData<ImageAgentOptions, string> Wrong() => new()
    {
        { new() { MaxRounds = 0 }, "Agent:MaxRounds is 0, but must be a whole number from 1 to 100." },
        { new() { CandidatesPerRound = 65 }, "Agent:CandidatesPerRound is 65, but must be a whole number from 1 to 64." },
        { new() { MaxImages = 0 }, "Agent:MaxImages is 0, but must be a whole number from 1 to 10000." },
        { new() { MaxTokens = -1 }, "Agent:MaxTokens is -1, but must be a whole number from 1 to 1000000000." },
        { new() { MaxSeconds = double.NaN }, "Agent:MaxSeconds is NaN, but must be a number from 0.001 to 86400." },
        { new() { Faults = new FaultLimits { BadImages = -1 } }, "Agent:Faults:BadImages is -1, but must be a whole number from 0 to 1000." },
        { new() { Width = 512 }, "Agent:Width and Agent:Height go together: set both or none." },
        { new() { Width = 8, Height = 512 }, "Agent:Width is 8, but must be a whole number from 16 to 16384." },
        { new() { MaxTurnTokens = 0 }, "Agent:MaxTurnTokens is 0, but must be a whole number from 16 to 1000000." },
        { new() { TopP = 0 }, "Agent:TopP is 0, but must be a number from 1E-06 to 1." },
        { new() { StyleHint = new string('x', 2001) }, "Agent:StyleHint's length is 2001, but must be from 0 to 2000." },
        { new() { Instructions = " " }, "Agent:Instructions is empty: leave it out for the default." },
        { new() { CallStyle = (CallStyle)7 }, "Agent:CallStyle is 7, but must be one of tags, native." },
        { new() { Dialect = "klingon" }, "Agent:Dialect: \"klingon\" is no dialect. Known: genagent, native, genagent-v1, genagent-v2." },
        { new() { Dialect = "native", CallStyle = CallStyle.Native }, "Agent:CallStyle is an older form of Agent:Dialect: leave it out." },
        { new() { Instructions = "a", InstructionsFile = "b" }, "Agent:Instructions and Agent:InstructionsFile are both set: leave one out." },
        { new() { MaxTurns = 0 }, "Agent:MaxTurns is 0, but must be a whole number from 1 to 10000." },
        { new() { MaxImagePixels = 0 }, "Agent:MaxImagePixels is 0, but must be a whole number from 1 to 2147483647." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_option_fails_at_once_with_its_path_and_range(ImageAgentOptions options, string why) =>
        Should.Throw<ArgumentException>(() => new ImageAgent(new ScriptedModel("x"), new SeededGenerator(), options)).Message.ShouldContain(why);

    [Fact]
    public void All_wrong_options_are_told_at_once()
    {
        var failure = Should.Throw<ArgumentException>(
            () => new ImageAgent(new ScriptedModel("x"), new SeededGenerator(), new ImageAgentOptions { MaxRounds = 0, Steps = 0 }));
        failure.Message.ShouldContain("MaxRounds");
        failure.Message.ShouldContain("Steps");
    }

    [Fact]
    public void Options_are_bound_from_a_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Agent:MaxRounds"] = "7",
            ["Agent:CallStyle"] = "native",
            ["Agent:MaxSeconds"] = "2.5",
            ["Agent:Seed"] = "18446744073709551615",
            ["Agent:Faults:BadImages"] = "9",
        }).Build();

        configuration.GetSection(ImageAgentOptions.SectionName).Get<ImageAgentOptions>().ShouldBe(new ImageAgentOptions
        {
            MaxRounds = 7, CallStyle = CallStyle.Native, MaxSeconds = 2.5, Seed = ulong.MaxValue, Faults = new FaultLimits { BadImages = 9 },
        });
    }

    [Fact]
    public async Task What_the_generator_is_asked_for_is_what_the_options_say_and_what_is_recorded()
    {
        var generator = new SeededGenerator();
        var options = new ImageAgentOptions
        {
            Width = 32, Height = 16, Steps = 8, GuidanceScale = 3.5, NegativePrompt = "text", StyleHint = "ink", Temperature = 0.5f, TopP = 0.9f,
        };
        var model = new ScriptedModel(Turns.Call("a circle"), Turns.Answer());
        var result = await new ImageAgent(model, generator, options).RunAsync("p");

        var asked = generator.Requests.Single().Options;
        (asked.ImageSize!.Value.Width, asked.ImageSize.Value.Height, asked.Count).ShouldBe((32, 16, 1));
        (asked.GetSteps(), asked.GetGuidanceScale(), asked.GetNegativePrompt()).ShouldBe((8, 3.5, "text"));
        var generation = result.Trajectory.Rounds[0].Generation!;
        generation.ShouldBe(
            new GenAgent.Trajectories.Generation("a circle") { Width = 32, Height = 16, Steps = 8, GuidanceScale = 3.5, NegativePrompt = "text" });
        model.Requests[0].LastText.ShouldBe("p\nStyle: ink\nMust not show: text");
        result.Trajectory.Opening.ShouldBe(model.Requests[0].LastText);
        (model.Requests[0].Options.Temperature, model.Requests[0].Options.TopP).ShouldBe((0.5f, 0.9f));
    }

    [Fact]
    public async Task Every_seed_comes_from_the_root_by_its_path_and_the_one_recorded_is_the_one_used()
    {
        var generator = new SeededGenerator();
        var root = SeedPath.FromRoot(42).Child("trajectory", 3);
        var model = new ScriptedModel(Turns.Call("a"), Turns.Again("b"), Turns.Answer());
        var result = await new ImageAgent(model, generator, new ImageAgentOptions { CandidatesPerRound = 2 })
            .RunAsync(new AgentRequest("p") { Seed = root });

        // python3: hashlib.sha256(b"42/trajectory:3/round:R/image:C"), first four bytes, little-endian
        long[] expected = [3282820649, 1288894499, 2750192542, 2037104372];
        generator.Requests.Select(request => request.Options.GetSeed()!.Value).Order().ShouldBe(expected.Order());
        result.Trajectory.Rounds.SelectMany(round => round.Images).Select(image => image.Seed).ShouldBe(expected.Cast<long?>());
        model.Requests.Select(request => request.Options.Seed)
            .ShouldBe(
            [
                root.Child("round", 0).Child("turn").ImageSeed,
                root.Child("round", 1).Child("turn").ImageSeed,
                root.Child("round", 2).Child("turn").ImageSeed
            ]);
    }

    [Fact]
    public async Task A_generator_that_does_not_tell_its_seed_is_not_credited_with_the_one_it_was_asked_for()
    {
        var result = await new ImageAgent(new ScriptedModel(Turns.Call("a"), Turns.Answer()), new SeededGenerator { TellsSeed = false }).RunAsync("p");

        result.Best!.Reference.Seed.ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_seed_two_runs_differ_and_with_one_they_are_the_same()
    {
        Task<AgentResult> RunAsync(ImageAgentOptions options) =>
            new ImageAgent(new ScriptedModel(Turns.Call("a"), Turns.Answer()), new SeededGenerator(), options).RunAsync("p");

        var (free, freeAgain) = (await RunAsync(new()), await RunAsync(new()));
        free.Trajectory.RootSeed.ShouldNotBe(freeAgain.Trajectory.RootSeed);
        var (fixed1, fixed2) = (await RunAsync(new() { Seed = 5 }), await RunAsync(new() { Seed = 5 }));
        fixed1.Best!.Reference.ShouldBe(fixed2.Best!.Reference);
    }
}
