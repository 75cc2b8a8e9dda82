using CsCheck;
using GenAgent.Judging;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Judging;

public sealed class PointwiseJudgeTests
{
    private const string Good = """{"reason":"two cats, one red","score":7,"passed":false}""";

    private static readonly JudgeRequest Cats = new("two red cats", FixedJudge.Image(1));

    [Theory]
    [InlineData(Good)]
    [InlineData("```json\n" + Good + "\n```")]
    [InlineData("<think>a {brace} and {\"score\": 1}</think>\nHere you are:\n" + Good + "\nI hope that helps.")]
    [InlineData("""{"passed":false,"reason":"two cats, one red","score":7,"mood":"fine",}""")]
    public async Task A_mark_is_read_whatever_the_model_writes_around_it(string answer)
    {
        var judgment = await new PointwiseJudge(ScriptedChat.Saying(answer)).JudgeAsync(Cats);

        var score = judgment.ShouldBeOfType<Score>();
        (score.Judge, score.Value, score.Passed, score.Reason).ShouldBe(("pointwise/1@tiny-judge", 0.7, false, "two cats, one red"));
    }

    [Fact]
    public async Task The_model_sees_prompt_and_image_in_one_user_turn()
    {
        var chat = ScriptedChat.Saying(Good);

        await new PointwiseJudge(chat).JudgeAsync(Cats);

        var turn = chat.Requests.ShouldHaveSingleItem().Messages.Where(message => message.Role == ChatRole.User).ShouldHaveSingleItem();
        turn.Text.ShouldContain("two red cats");
        turn.Contents.OfType<DataContent>().ShouldHaveSingleItem().ShouldBeSameAs(Cats.Image);
    }

    [Fact]
    public async Task An_answer_by_schema_has_a_limit_and_no_tools_beside_it_since_servers_then_run_on_or_call_none()
    {
        var chat = ScriptedChat.Saying(Good);

        await new PointwiseJudge(chat).JudgeAsync(Cats);

        var asked = chat.Requests.Single().Options;
        asked.ResponseFormat.ShouldBeOfType<ChatResponseFormatJson>().Schema.ShouldNotBeNull();
        asked.MaxOutputTokens.ShouldNotBeNull();
        asked.Tools.ShouldBeNull();
    }

    [Theory]
    [InlineData("no JSON at all", "no complete JSON object")]
    [InlineData("", "empty")]
    [InlineData("""{"reason":"x","score":11,"passed":true}""", "from 0 to 10")]
    [InlineData("""{"reason":"x","score":7}""", "passed")]
    [InlineData("""{"reason":null,"score":7,"passed":true}""", "reason")]
    [InlineData("""{"reason":"cut off","score":7,"pas""", "no complete JSON object")]
    public async Task An_unusable_answer_is_repaired_by_asking_once_more(string broken, string complaint)
    {
        var chat = ScriptedChat.Saying(broken, Good);

        var judgment = await new PointwiseJudge(chat).JudgeAsync(Cats);

        judgment.ShouldBeOfType<Score>().Value.ShouldBe(0.7);
        chat.Requests.Count.ShouldBe(2);
        chat.Requests[1].Messages[^1].Text.ShouldContain(complaint);
        chat.Requests[1].Images.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_answer_that_stays_unusable_is_no_score_and_never_a_number()
    {
        var chat = ScriptedChat.Saying("""{"reason":"x","score":-1,"passed":true}""");

        var judgment = await new PointwiseJudge(chat).JudgeAsync(Cats);

        judgment.ShouldBeOfType<NoScore>().Error.ShouldContain("must be from 0 to 10");
        judgment.Judge.ShouldBe("pointwise/1@tiny-judge");
        chat.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_backend_that_fails_gives_no_score_and_says_why()
    {
        var judge = new PointwiseJudge(new ScriptedChat(_ => throw new HttpRequestException("connection refused")));

        (await judge.JudgeAsync(Cats)).ShouldBeOfType<NoScore>().Error.ShouldContain("connection refused");
    }

    [Fact]
    public async Task Cancelling_is_not_mistaken_for_a_failed_judge()
    {
        var judge = new PointwiseJudge(ScriptedChat.Saying(Good));

        await Should.ThrowAsync<OperationCanceledException>(async () => await judge.JudgeAsync(Cats, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_backend_without_structured_output_is_asked_by_prompt_and_not_refused_twice()
    {
        var chat = new ScriptedChat(asked => asked.Options.ResponseFormat is null ? Good : throw ScriptedChat.BadRequest("response_format is not supported"));
        var judge = new PointwiseJudge(chat);

        (await judge.JudgeAsync(Cats)).ShouldBeOfType<Score>();
        (await judge.JudgeAsync(Cats)).ShouldBeOfType<Score>();

        chat.Requests.Select(asked => asked.Options.ResponseFormat is not null).ShouldBe([true, false, false]);
        chat.Requests[1].Messages[0].Text.ShouldContain("\"score\"");
        chat.Requests[1].Messages[0].Text.ShouldContain("JSON schema");
    }

    [Fact]
    public async Task A_model_with_a_fixed_temperature_can_still_judge()
    {
        var chat = new ScriptedChat(asked => asked.Options.Temperature is null ? Good : throw ScriptedChat.BadRequest("Unsupported value: 'temperature'"));

        (await new PointwiseJudge(chat).JudgeAsync(Cats)).ShouldBeOfType<Score>();

        chat.Requests[1].Options.ResponseFormat.ShouldBeOfType<ChatResponseFormatJson>().Schema.ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_insists_on_structured_output_gets_no_prompted_answer_in_its_place()
    {
        var chat = new ScriptedChat(asked => asked.Options.ResponseFormat is null ? Good : throw ScriptedChat.BadRequest("no schema here"));

        var judgment = await new PointwiseJudge(chat, new() { JsonMode = JsonMode.Schema }).JudgeAsync(Cats);

        judgment.ShouldBeOfType<NoScore>().Error.ShouldContain("no schema here");
    }

    [Fact]
    public Task No_answer_makes_the_judge_throw_or_leave_the_range() =>
        Gen.OneOf(
                Gen.String,
                Gen.OneOf<string>("{", "}", "\"", "\\", "\"score\"", ":", "7", "\"passed\"", "true", "\"reason\"", ",", Good)
                    .Array[0, 20].Select(string.Concat))
            .SampleAsync(async answer =>
            {
                var judgment = await new PointwiseJudge(ScriptedChat.Saying(answer)).JudgeAsync(Cats);
                (judgment is NoScore or Score { Value: >= 0 and <= 1 }).ShouldBeTrue();
            }, iter: 300);

    [Theory]
    [InlineData(-0.1f, 10)]
    [InlineData(float.NaN, 10)]
    [InlineData(0f, 0)]
    public void Options_out_of_range_are_refused_when_the_judge_is_made(float temperature, int tokens) =>
        Should.Throw<ArgumentOutOfRangeException>(() =>
            new PointwiseJudge(ScriptedChat.Saying(Good), new() { Temperature = temperature, MaxOutputTokens = tokens }));
}
