using GenAgent.Judging;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Teaching;
using GenAgent.Protocol;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Tests.Teaching;

public sealed class OracleTeacherTests : IDisposable
{
    private const string Prompt = "three red circles and a blue square";
    private readonly OracleTeacher _teacher = new();

    public void Dispose() => _teacher.Dispose();

    [Fact]
    public async Task The_first_turn_thinks_and_calls_with_a_prompt_that_meets_the_request()
    {
        var turn = await TurnAsync(afterImage: false, new ChatMessage(ChatRole.User, Prompt));

        turn.Call!.ShouldNotBeNull();
        turn.Thought!.ShouldStartWith("three red circle, one blue square. ");
        turn.Call.Arguments.ShouldContain("red circle");
    }

    [Fact]
    public async Task A_right_image_is_passed_and_named()
    {
        var asked = PromptReader.Read(Prompt).Constraints!;

        var turn = await TurnAsync(afterImage: true, new ChatMessage(ChatRole.User, Prompt), Called(), Shown(asked));

        turn.Judgment!.Verdict.ShouldBe(Verdict.Pass);
        turn.Answer.ShouldBe("image 1");
    }

    [Fact]
    public async Task A_wrong_image_is_failed_for_what_is_wrong_with_it_and_tried_again()
    {
        var other = PromptReader.Read("two red circles and a blue square").Constraints!;

        var turn = await TurnAsync(afterImage: true, new ChatMessage(ChatRole.User, Prompt), Called(), Shown(other));

        turn.Judgment!.Verdict.ShouldBe(Verdict.Fail);
        turn.Judgment.Text.ShouldContain("red circle found two of three, blue square found one of one, other zero.");
        turn.Thought!.ShouldStartWith("missing shape. ");
        turn.Call.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_call_that_failed_is_made_again() =>
        (await TurnAsync(
            afterImage: false, new ChatMessage(ChatRole.User, Prompt), Called(), new ChatMessage(ChatRole.User, "<tool_response>error</tool_response>")))
            .Call.ShouldNotBeNull();

    [Fact]
    public async Task What_it_cannot_draw_is_answered_honestly_with_what_it_can()
    {
        var turn = await TurnAsync(afterImage: false, new ChatMessage(ChatRole.User, "a red dragon"));

        turn.Call.ShouldBeNull();
        turn.Answer!.ShouldContain("dragon");
        turn.Answer!.ShouldContain("circles");
        turn.Answer!.ShouldContain("--generator");
    }

    [Fact]
    public async Task Facts_are_resolved_in_words_before_the_groups()
    {
        var prompt = new TrainingPrompts(new() { TagWeights = new Dictionary<string, double>(StringComparer.Ordinal) { ["knowledge_time"] = 1 } }).Draw(
            SeedPath.FromRoot(2));
        using var teacher = new OracleTeacher(new() { Known = _ => KnownRequest.Of(prompt) });

        var response = await teacher.GetResponseAsync(
            [new ChatMessage(ChatRole.User, prompt.Prompt)], new ChatOptions { Seed = 3 }, TestContext.Current.CancellationToken);

        var thought = TurnParser.Parse(response.Text, afterImage: false).Turn!.Thought!;
        foreach (var fact in prompt.Facts!.Select(Micro.Facts.FactTable.Get))
            thought.ShouldContain($"{CanonicalWords.Question(fact)} is {CanonicalWords.Answer(fact)}. ");
        thought.ShouldContain(CanonicalWords.Of(prompt.Constraints));
    }

    [Fact]
    public async Task For_a_small_student_every_refusal_is_the_same()
    {
        using var teacher = new OracleTeacher(new() { NamesUnknownWords = false });
        HashSet<string> said = [];
        for (var i = 0; i < 300; i++)
        {
            var prompt = OutsidePrompts.Draw(SeedPath.FromRoot(1).Child("outside", i), heldOut: i % 2 == 0);
            var response = await teacher.GetResponseAsync([new ChatMessage(ChatRole.User, prompt)], null, TestContext.Current.CancellationToken);
            TurnParser.Parse(response.Text, afterImage: false).Turn!.Call.ShouldBeNull(prompt);
            said.Add(response.Text);
        }

        said.Count.ShouldBe(1);
        OutsidePrompts.TrainingWords.Intersect(OutsidePrompts.HeldOutWords, StringComparer.Ordinal).ShouldBeEmpty();
    }

    private static ChatMessage Called() =>
        new(ChatRole.Assistant, "<think>x</think>\n<tool_call>\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"x\"}}\n</tool_call>");

    private static ChatMessage Shown(PromptConstraints what)
    {
        using var renderer = new SceneRenderer();
        var image = renderer.Render(OracleRewriter.Satisfy(what, SeedPath.FromRoot(5)));
        return new ChatMessage(
            ChatRole.User, [new TextContent("<tool_response>"), new DataContent(image.EncodePng(), "image/png"), new TextContent("</tool_response>")]);
    }

    private async Task<AgentTurn> TurnAsync(bool afterImage, params ChatMessage[] conversation)
    {
        var response = await _teacher.GetResponseAsync(conversation, new ChatOptions { Seed = 3 }, TestContext.Current.CancellationToken);
        var parsed = TurnParser.Parse(response.Text, afterImage: afterImage);
        parsed.Fault.ShouldBeNull();
        return parsed.Turn!;
    }
}
