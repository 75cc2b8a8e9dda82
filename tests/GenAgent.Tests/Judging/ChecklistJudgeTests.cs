using GenAgent.Judging;

namespace GenAgent.Tests.Judging;

public sealed class ChecklistJudgeTests
{
    private static readonly JudgeRequest Cats = new("two red cats", FixedJudge.Image(1));

    private static ScriptedChat Answering(Func<ScriptedChat.Asked, string> answers) => new(asked =>
        asked.Images.Any() ? answers(asked) : """{"questions":["Are there two cats?","Are the cats red?"]}""");

    [Fact]
    public async Task The_value_is_the_share_of_yes_and_each_question_is_reported()
    {
        var judge = new ChecklistJudge(Answering(_ => """{"answers":[{"found":"two cats","yes":true},{"found":"one is blue","yes":false}]}"""));

        var score = (await judge.JudgeAsync(Cats)).ShouldBeOfType<Score>();

        (score.Value, score.Passed, score.Judge).ShouldBe((0.5, false, "checklist/1@tiny-judge"));
        score.Checks.ShouldBe([new("Are there two cats?", true, "yes", "two cats"), new("Are the cats red?", false, "yes", "one is blue")]);
        score.Reason.ShouldContain("one is blue");
    }

    [Fact]
    public async Task Only_yes_to_everything_passes()
    {
        var judge = new ChecklistJudge(Answering(_ => """{"answers":[{"found":"two","yes":true},{"found":"red","yes":true}]}"""));

        var score = (await judge.JudgeAsync(Cats)).ShouldBeOfType<Score>();

        (score.Value, score.Passed).ShouldBe((1.0, true));
    }

    [Fact]
    public async Task All_images_of_a_prompt_are_held_to_the_same_questions()
    {
        var chat = Answering(_ => """{"answers":[{"found":"two","yes":true},{"found":"red","yes":true}]}""");
        var judge = new ChecklistJudge(chat);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => judge.JudgeAsync(Cats with { Image = FixedJudge.Image((byte)i) }).AsTask()));

        chat.Requests.Count(asked => !asked.Images.Any()).ShouldBe(1);
        chat.Requests.Count(asked => asked.Images.Any()).ShouldBe(8);
    }

    [Fact]
    public async Task Answers_that_do_not_match_the_questions_are_no_score()
    {
        var judge = new ChecklistJudge(Answering(_ => """{"answers":[{"found":"two","yes":true}]}"""));

        (await judge.JudgeAsync(Cats)).ShouldBeOfType<NoScore>().Error.ShouldContain("1 entries, but there are 2 questions");
    }

    [Fact]
    public async Task A_failed_checklist_is_made_again_for_the_next_image()
    {
        var failing = true;
        var chat = new ScriptedChat(asked => asked.Images.Any()
            ? """{"answers":[{"found":"red","yes":true}]}"""
            : failing ? throw new IOException("no answer") : """{"questions":["Is it red?"]}""");
        var judge = new ChecklistJudge(chat);

        (await judge.JudgeAsync(Cats)).ShouldBeOfType<NoScore>().Error.ShouldContain("no answer");
        failing = false;
        (await judge.JudgeAsync(Cats)).ShouldBeOfType<Score>().Passed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"questions":[]}""", "at least one")]
    [InlineData("""{"questions":["a?","b?","c?"]}""", "at most 2")]
    [InlineData("""{"questions":["a?"," "]}""", "blank")]
    public async Task A_checklist_that_cannot_be_used_is_no_score(string questions, string complaint)
    {
        var judge = new ChecklistJudge(ScriptedChat.Saying(questions), new() { MaxQuestions = 2 });

        (await judge.JudgeAsync(Cats)).ShouldBeOfType<NoScore>().Error.ShouldContain(complaint);
    }
}
