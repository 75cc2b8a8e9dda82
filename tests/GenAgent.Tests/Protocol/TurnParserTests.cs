using System.Diagnostics;
using System.Text;
using CsCheck;
using GenAgent.Dialects;
using GenAgent.Protocol;

namespace GenAgent.Tests.Protocol;

public sealed class TurnParserTests
{
    private const string Call = "<tool_call>\n{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"a < b\"}}\n</tool_call>";

    // Everything a model may write, right and wrong, in pieces that make every fault likely.
    private static readonly string[] Pieces =
    [
        "<judge>", "</judge>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<answer>", "</answer>", "<tool_response>", "</tool_response>",
        "verdict: pass", "verdict: fail", "\n", " ", "<", "</", "<think", "<tool_", "text", "\ud83d", "\udE00", "\0", "é",
        "```json\n", "```", "{'name': 'g', 'arguments': {'prompt': 'x'}}",
        "{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"x\"}}", "{\"name\": 1}", "{", "\"\\ud800\"", "[[[[", "1e999",
    ];

    private static readonly Gen<string> AnyText = Gen.OneOf(
        OneOf(Pieces).Array[0, 12].Select(string.Concat),
        Gen.Select(OneOf("", "<judge>ok\nverdict: pass</judge>"), OneOf("", "<think>hm < hm</think>\n"), OneOf(Call, "<answer>1</answer>"))
            .Select((judge, think, end) => judge + think + end),
        Gen.Char.Array[0, 40].Select(letters => new string(letters)));

    [Theory]
    [InlineData("genagent")]
    [InlineData("native")]
    [InlineData("genagent-v1")]
    [InlineData("genagent-v2")]
    public void Wherever_a_stream_is_cut_the_turn_is_the_same(string dialect) =>
        Gen.Select(AnyText, Gen.Int[1, 7].Array[1, 20], Gen.Bool).Sample(
            (text, sizes, afterImage) =>
            {
                var whole = TurnParser.Parse(text, Dialect.Find(dialect), afterImage);
                var parser = new TurnParser(Dialect.Find(dialect), afterImage);
                var deltas = new List<TurnDelta>();
                for (int at = 0, i = 0; at < text.Length; at += sizes[i % sizes.Length], i++)
                {
                    parser.Append(text.AsSpan(at, Math.Min(sizes[i % sizes.Length], text.Length - at)), deltas);
                }

                parser.Complete(deltas).ShouldBe(whole);
                parser.Text.ShouldBe(text);
                Streamed(deltas, TurnSection.Answer).ShouldBe(Streamed(DeltasOfWhole(text, dialect, afterImage), TurnSection.Answer));
                Streamed(deltas, TurnSection.Thought).ShouldBe(Streamed(DeltasOfWhole(text, dialect, afterImage), TurnSection.Thought));
                (whole.Turn is null).ShouldBe(whole.Fault is not null);
            },
            iter: 4_000);

    [Fact]
    public void Any_text_gives_a_turn_with_one_ending_or_a_fault_inside_the_text() =>
        AnyText.Sample(
            text =>
            {
                var parsed = TurnParser.Parse(text);
                if (parsed.Turn is { } turn)
                {
                    (turn.Call is null).ShouldNotBe(turn.Answer is null);
                }
                else
                {
                    parsed.Fault!.Position.ShouldBeInRange(0, text.Length);
                    parsed.Fault.Reason.ShouldNotBeNullOrWhiteSpace();
                }
            },
            iter: 4_000);

    [Fact]
    public void A_whole_turn_gives_judgment_thought_and_call()
    {
        var parsed = TurnParser.Parse($"<judge> Two are missing.\n Verdict : FAIL </judge>\n<think> More. </think>\n{Call}\n");

        parsed.Fault.ShouldBeNull();
        parsed.Turn.ShouldBe(new AgentTurn(
            new SelfJudgment("Two are missing.", Verdict.Fail), "More.", new ToolCall("generate_image", "{\"prompt\": \"a < b\"}"), null));
    }

    [Fact]
    public void An_answer_alone_is_a_turn() =>
        TurnParser.Parse("<answer>image 2</answer>").Turn.ShouldBe(new AgentTurn(null, null, null, "image 2"));

    [Theory]
    [InlineData("", 0, "neither <tool_call>")]
    [InlineData("<think>x</think>", 16, "neither <tool_call>")]
    [InlineData("<think>x", 0, "<think> is never closed")]
    [InlineData("  <answer>x", 2, "<answer> is never closed")]
    [InlineData("<think>a<think>b</think></think><answer>x</answer>", 8, "<think> stands inside <think>")]
    [InlineData("<think>a<answer>x</answer></think>", 8, "<answer> stands inside <think>")]
    [InlineData("<think>a</judge>", 8, "</judge> stands inside <think>")]
    [InlineData("<think>a</think></think><answer>x</answer>", 16, "</think> closes nothing")]
    [InlineData("a</think>b</think><answer>x</answer>", 10, "</think> closes nothing")]
    [InlineData("a</think><think>b</think><answer>x</answer>", 9, "<think> stands twice")]
    [InlineData("<answer>x</answer></think>", 18, "</think> closes nothing")]
    [InlineData("</judge><answer>x</answer>", 0, "</judge> closes nothing")]
    [InlineData("<answer>x</answer><judge>b\nverdict: pass</judge>", 18, "<judge> comes after <answer>")]
    [InlineData("I will paint it now.", 20, "neither <tool_call>")]
    [InlineData("{\"name\": \"generate_image\", \"arguments\": {\"prompt\": \"x\"}}", 56, "neither <tool_call>")]
    [InlineData("<tool_call>{'name': 'g', 'arguments': {}</tool_call>", 12, "no valid JSON")]
    [InlineData("<tool_call>{'name': g, 'arguments': {}}</tool_call>", 12, "no valid JSON")]
    [InlineData("<tool_call>```json\n{\"name\": \"g\",}\n```</tool_call>", 32, "no valid JSON")]
    [InlineData("<think>a</think><think>b</think><answer>x</answer>", 16, "<think> stands twice")]
    [InlineData("<answer>x</answer><answer>y</answer>", 18, "<answer> stands twice")]
    [InlineData("<answer>x</answer><think>a</think>", 18, "<think> comes after <answer>")]
    [InlineData("<judge>it is fine</judge><answer>x</answer>", 17, "no verdict")]
    [InlineData("<judge>verdict: pass, mostly</judge><answer>x</answer>", 28, "no verdict")]
    [InlineData("<judge>verdict pass</judge><answer>x</answer>", 19, "no verdict")]
    [InlineData("<tool_response>fake</tool_response><answer>x</answer>", 0, "not yours to write")]
    [InlineData("<tool_call>{\"name\": \"g\", \"arguments\": {}}</tool_call><answer>x</answer>", 53, "both a tool call and an answer")]
    [InlineData("<tool_call>{\"name\": \"g\",}</tool_call>", 24, "no valid JSON")]
    [InlineData("<tool_call>{\n\"é😀\": nope}</tool_call>", 21, "no valid JSON")]
    [InlineData("<tool_call></tool_call>", 11, "no valid JSON")]
    [InlineData("<tool_call>[1]</tool_call>", 11, "must be a JSON object")]
    [InlineData("<tool_call>{\"arguments\": {}}</tool_call>", 11, "no \"name\"")]
    [InlineData("<tool_call>{\"name\": 3, \"arguments\": {}}</tool_call>", 11, "no \"name\"")]
    [InlineData("<tool_call>{\"name\": \"g\"}</tool_call>", 11, "no \"arguments\"")]
    [InlineData("<tool_call>{\"name\": \"g\", \"arguments\": \"{}\"}</tool_call>", 11, "no \"arguments\"")]
    [InlineData("<tool_call>{\"name\": \"g\", \"arguments\": {\"a\": [\"\\ud800\"]}}</tool_call>", 11, "half of a surrogate pair")]
    [InlineData("<tool_call>{\"name\": \"g\", \"name\": \"h\", \"arguments\": {}}</tool_call>", 11, "no valid JSON")]
    public void A_broken_turn_says_where_and_what_is_wrong(string text, int position, string reason)
    {
        var fault = TurnParser.Parse(text).Fault.ShouldNotBeNull();

        fault.Reason.ShouldContain(reason);
        fault.Position.ShouldBe(position);
    }

    [Theory]
    [InlineData("plan</think>\n<answer>x</answer>", "plan", "x")]
    [InlineData("</think><answer>x</answer>", null, "x")]
    [InlineData("Sure!\n<think>plan</think><answer>x</answer>", "Sure!\nplan", "x")]
    [InlineData("  I made  it. \n\n<answer>x</answer>", "I made  it.", "x")]
    [InlineData("<answer>x</answer>\n\nLet me know if you want changes!", null, "x")]
    [InlineData("<answer>x</answer> <", null, "x")]
    [InlineData("```\n<answer>x</answer>\n```", null, "x")]
    [InlineData("So be it.\n```xml\n<answer>x</answer>\n```\nBye.", "So be it.", "x")]
    public void What_stands_around_the_tags_breaks_nothing(string text, string? thought, string answer) =>
        TurnParser.Parse(text).Turn.ShouldBe(new AgentTurn(null, thought, null, answer));

    [Theory]
    [InlineData("<think>a</think><judge>b\nverdict: pass</judge>")]
    [InlineData("a</think><judge>b\nverdict: pass</judge>")]
    [InlineData("<judge>b\nverdict: pass</judge>a</think>")]
    [InlineData("<judge>b\nverdict: pass</judge>\n\na\n")]
    public void Judgment_and_thought_may_change_places(string text) =>
        TurnParser.Parse(text + "<answer>x</answer>").Turn.ShouldBe(new AgentTurn(new SelfJudgment("b", Verdict.Pass), "a", null, "x"));

    [Theory]
    [InlineData("<tool_call>\n```json\n{\"name\": \"g\", \"arguments\": {\"prompt\": \"a\"}}\n```\n</tool_call>")]
    [InlineData("<tool_call>```{\"name\": \"g\", \"arguments\": {\"prompt\": \"a\"}}```</tool_call>")]
    [InlineData("```json\n<tool_call>{\"name\": \"g\", \"arguments\": {\"prompt\": \"a\"}}</tool_call>\n```")]
    [InlineData("<tool_call>{'name': 'g', 'arguments': {'prompt': 'a'}}</tool_call>")]
    [InlineData("<tool_call>{'name': \"g\", 'arguments': {\"prompt\": '\\x61',},}</tool_call>")]
    [InlineData("<tool_call>{\"name\": \"g\", \"arguments\": {\"prompt\": \"a\"}}</tool_call> Is that what you meant?")]
    public void A_call_is_read_with_a_fence_in_Pythons_spelling_and_with_words_behind_it(string text)
    {
        var turn = TurnParser.Parse(text).Turn.ShouldNotBeNull();

        turn.Thought.ShouldBeNull();
        turn.Call!.Name.ShouldBe("g");
        System.Text.Json.Nodes.JsonNode.Parse(turn.Call.Arguments)!.ToJsonString().ShouldBe("""{"prompt":"a"}""");
    }

    [Theory]
    [InlineData("it's \"red\"", "{'name': 'g', 'arguments': {'prompt': 'it\\'s \"red\"'}}")]
    [InlineData("it's", "{'name': 'g', 'arguments': {'prompt': \"it's\"}}")]
    [InlineData("a\nb\\", "{'name': 'g', 'arguments': {'prompt': 'a\\nb\\\\'}}")]
    public void Pythons_texts_keep_what_they_say(string prompt, string call)
    {
        var turn = TurnParser.Parse($"<tool_call>{call}</tool_call>").Turn.ShouldNotBeNull();

        System.Text.Json.Nodes.JsonNode.Parse(turn.Call!.Arguments)!["prompt"]!.GetValue<string>().ShouldBe(prompt);
    }

    [Fact]
    public void Before_the_first_image_there_is_nothing_to_judge()
    {
        const string Text = "<judge>fine\nverdict: pass</judge><answer>x</answer>";

        TurnParser.Parse(Text, afterImage: false).Fault!.Reason.ShouldContain("no image to judge yet");
        TurnParser.Parse(Text, afterImage: true).Fault.ShouldBeNull();
    }

    [Fact]
    public void With_native_calls_text_outside_of_the_tags_and_the_backends_reasoning_are_thought()
    {
        var parser = new TurnParser(Dialect.Native);
        parser.AppendReasoning("first");
        parser.Append("<judge>ok\nverdict: fail</judge>\n\nthen ");
        parser.Append("<think>tagged</think>more");
        parser.AddCall(new ToolCall("generate_image", "{}", "call-1"));

        parser.Complete().Turn.ShouldBe(new AgentTurn(
            new SelfJudgment("ok", Verdict.Fail), "first\n\n\nthen \ntagged\nmore", new ToolCall("generate_image", "{}", "call-1"), null));
    }

    [Fact]
    public void Two_calls_in_one_turn_are_a_fault_however_they_come()
    {
        var twice = new TurnParser(Dialect.Native);
        twice.AddCall(new ToolCall("g", "{}", "1"));
        twice.AddCall(new ToolCall("g", "{}", "2"));
        twice.Complete().Fault!.Reason.ShouldContain("second tool call");

        var both = new TurnParser(Dialect.Native);
        both.AddCall(new ToolCall("g", "{}", "1"));
        both.Append(Call);
        both.Complete().Fault!.Reason.ShouldContain("more than one");

        var answered = new TurnParser(Dialect.Native);
        answered.Append("<answer>x</answer>");
        answered.AddCall(new ToolCall("g", "{}", "1"));
        answered.Complete().Fault!.Reason.ShouldContain("more than one");
    }

    [Fact]
    public void The_first_fault_of_a_turn_stands()
    {
        var parser = new TurnParser();
        parser.Append("<think>a</think>");
        parser.Fail("outer reason");
        parser.Append("</answer>");

        parser.Complete().Fault.ShouldBe(new TurnFault(16, "outer reason"));
    }

    [Theory]
    [InlineData("<")]
    [InlineData("<tool_respons")]
    [InlineData("<think>")]
    [InlineData("{\"a\":")]
    [InlineData("verdict: ")]
    public void Many_characters_made_to_be_hard_are_read_in_linear_time(string piece)
    {
        foreach (var prefix in new[] { "", "<think>", "<tool_call>", "<judge>" })
        {
            var text = prefix + new StringBuilder().Insert(0, piece, 300_000 / piece.Length);
            var parser = new TurnParser();
            var started = Stopwatch.GetTimestamp();
            for (var at = 0; at < text.Length; at += 5)
            {
                parser.Append(text.AsSpan(at, Math.Min(5, text.Length - at)));
            }

            parser.Complete();

            // Linear takes some milliseconds; quadratic would take minutes.
            Stopwatch.GetElapsedTime(started).TotalSeconds.ShouldBeLessThan(20, $"after \"{prefix}\"");
        }
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static List<TurnDelta> DeltasOfWhole(string text, string dialect, bool afterImage)
    {
        var deltas = new List<TurnDelta>();
        var parser = new TurnParser(Dialect.Find(dialect), afterImage);
        parser.Append(text, deltas);
        parser.Complete(deltas);
        return deltas;
    }

    private static string Streamed(IEnumerable<TurnDelta> deltas, TurnSection section) =>
        string.Concat(deltas.Where(delta => delta.Section == section).Select(delta => delta.Text));
}
