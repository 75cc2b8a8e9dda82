using GenAgent.Agents;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Agents;

public sealed class BestAttemptTests
{
    [Theory]
    [InlineData("image 1", "pass", 0, ChoiceRule.Named)]
    [InlineData("1", "pass", 0, ChoiceRule.Named)]
    [InlineData("I choose Image #2, not image 1.", "pass", 1, ChoiceRule.Named)]
    [InlineData("img_1 is best", "pass", 0, ChoiceRule.Named)]
    [InlineData("image 3", "fail", 1, ChoiceRule.Last)]
    [InlineData("image 0", "fail", 1, ChoiceRule.Last)]
    [InlineData("99999999999999999999", "pass", 1, ChoiceRule.Passed)]
    [InlineData("Here it is.", "pass", 1, ChoiceRule.Passed)]
    [InlineData("Here it is.", "fail", 1, ChoiceRule.Last)]
    [InlineData("", "fail", 1, ChoiceRule.Last)]
    public async Task The_answer_is_the_image_that_is_named_else_the_last_that_passed_else_the_last(string answer, string verdict, int best, ChoiceRule rule)
    {
        var model = new ScriptedModel(Turns.Call("x"), Turns.Again("y"), Turns.Answer(answer, verdict));
        var result = await new ImageAgent(model, new SeededGenerator()).RunAsync("p");

        result.Best.ShouldBe(result.Attempts[best]);
        result.Trajectory.Answer!.ChosenBy.ShouldBe(rule);
        result.Image.ShouldBeSameAs(result.Attempts[best].Image);
    }

    [Fact]
    public async Task An_earlier_image_that_passed_goes_before_a_later_one_that_did_not()
    {
        var model = new ScriptedModel(Turns.Call("x"), Turns.Again("y", verdict: "pass"), Turns.Answer("Done.", "fail"));
        var result = await new ImageAgent(model, new SeededGenerator()).RunAsync("p");

        result.Best.ShouldBe(result.Attempts[0]);
    }

    [Fact]
    public async Task Where_no_image_passed_the_selector_decides()
    {
        var selector = new Chooser((_, _) => 0);
        var model = new ScriptedModel(Turns.Call("x"), Turns.Again("y"), Turns.Answer("Sorry.", "fail"));
        var result = await new ImageAgent(model, new SeededGenerator(), selector: selector).RunAsync("the prompt");

        result.Best.ShouldBe(result.Attempts[0]);
        result.Trajectory.Answer!.ChosenBy.ShouldBe(ChoiceRule.Selected);
        selector.Prompts.ShouldBe(["the prompt"]);
    }

    [Fact]
    public async Task The_selector_chooses_the_candidate_that_the_model_is_shown()
    {
        var selector = new Chooser((_, attempts) => attempts.Count - 1);
        var model = new ScriptedModel(Turns.Call("x"), Turns.Answer());
        var result = await new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { CandidatesPerRound = 3 }, selector).RunAsync("p");

        result.Trajectory.Rounds[0].Shown.ShouldBe(2);
        result.Best!.Candidate.ShouldBe(2);
        model.Requests[1].Messages[^1].Contents.ShouldContain(result.Image);
        result.Images.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(7)]
    [InlineData(null)]
    public async Task A_selector_without_a_sound_choice_leaves_it_at_the_first_candidate_and_the_last_image(int? choice)
    {
        var model = new ScriptedModel(Turns.Call("x"), Turns.Again("y"), Turns.Answer("Sorry.", "fail"));
        var result = await new ImageAgent(
            model, new SeededGenerator(), new ImageAgentOptions { CandidatesPerRound = 2 }, new Chooser((_, _) => choice)).RunAsync(
            "p");

        result.Trajectory.Rounds[0].Shown.ShouldBe(0);
        result.Best.ShouldBe(result.Attempts[1]);
    }

    [Fact]
    public async Task A_selector_that_fails_costs_no_image()
    {
        var model = new ScriptedModel(Turns.Call("x"), Turns.Again("y"), Turns.Answer("Sorry.", "fail"));
        var result = await new ImageAgent(model, new SeededGenerator(), selector: new Chooser((_, _) => throw new TimeoutException())).RunAsync("p");

        result.Trajectory.Answer!.ChosenBy.ShouldBe(ChoiceRule.Last);
    }

    private sealed class Chooser(Func<string, IReadOnlyList<Attempt>, int?> choose) : IAttemptSelector
    {
        public List<string> Prompts { get; } = [];

        public ValueTask<int?> SelectAsync(string prompt, IReadOnlyList<Attempt> attempts, CancellationToken cancellationToken = default)
        {
            Prompts.Add(prompt);
            return ValueTask.FromResult(choose(prompt, attempts));
        }
    }
}
