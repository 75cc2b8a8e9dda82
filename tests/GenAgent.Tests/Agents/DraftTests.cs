using GenAgent.Agents;
using GenAgent.Generators;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Agents;

public sealed class DraftTests
{
    [Theory]
    [InlineData(null, null, 4, new[] { 4, 0, 0 })]
    [InlineData(null, null, null, new[] { 0, 0, 0 })]
    [InlineData(9, null, 4, new[] { 9, 9, 9 })]
    [InlineData(9, 3, 4, new[] { 3, 9, 9 })]
    [InlineData(null, 3, 4, new[] { 3, 0, 0 })]
    public async Task Only_the_first_image_is_a_draft_and_what_the_user_says_goes_before_what_the_generator_recommends(
        int? steps, int? draftSteps, int? recommended, int[] asked)
    {
        var generator = new SeededGenerator { Profile = new GeneratorProfile { DraftSteps = recommended } };
        var model = new ScriptedModel(Turns.Call("one"), Turns.Again("two"), Turns.Again("three"), Turns.Answer());

        var result = await new ImageAgent(model, generator, new ImageAgentOptions { Steps = steps, DraftSteps = draftSteps }).RunAsync("a circle");

        generator.Requests.Select(request => request.Options.GetSteps() ?? 0).ShouldBe(asked);
        result.Trajectory.Rounds.Select(round => round.Generation?.Steps ?? 0).Take(3).ShouldBe(asked);
    }

    [Fact]
    public async Task A_draft_that_failed_is_made_again_as_a_draft()
    {
        var generator = new SeededGenerator
        {
            Profile = new GeneratorProfile { DraftSteps = 4 },
            Instead = (index, _, _) => index == 0 ? throw new InvalidOperationException("busy") : Task.FromResult<AIContent?>(null),
        };

        await new ImageAgent(new ScriptedModel(Turns.Call("one"), Turns.Call("one"), Turns.Again("two"), Turns.Answer()), generator).RunAsync("a circle");

        generator.Requests.Select(request => request.Options.GetSteps()).ShouldBe([4, 4, null]);
    }

    [Fact]
    public async Task A_request_that_says_how_many_steps_wants_no_draft()
    {
        var generator = new SeededGenerator { Profile = new GeneratorProfile { DraftSteps = 4 } };
        using var agent = new ImageAgent(
            new ScriptedModel(Turns.Call("one"), Turns.Again("two"), Turns.Answer()), generator, new ImageAgentOptions { DraftSteps = 2 });

        await agent.GenerateAsync(
            new ImageGenerationRequest("a circle"),
            new ImageGenerationOptions().With(ImageOptionsExtensions.StepsKey, 7),
            TestContext.Current.CancellationToken);

        generator.Requests.Select(request => request.Options.GetSteps()).ShouldBe([7, 7]);
    }
}
