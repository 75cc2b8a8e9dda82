using CsCheck;
using GenAgent.Dialects;
using GenAgent.Protocol;

namespace GenAgent.Tests.Protocol;

public sealed class TurnTextTests
{
    private static readonly string[] Pieces = ["a", "two circles", "é 编辑 😀", "a < b > c", "line\nline", "\"quoted\" \\", "tab\there"];

    private static readonly Gen<string> Words = Gen.Int[0, 6].Select(index => Pieces[index]).Array[1, 3]
        .Select(words => string.Join(' ', words));

    private static readonly Gen<AgentTurn> Turn = Gen.Select(
        Gen.Select(Words, Gen.Bool).Select((text, passed) => new SelfJudgment(text, passed ? Verdict.Pass : Verdict.Fail)).Null(),
        Words.Null(),
        Words,
        Gen.Bool).Select((judgment, thought, text, calls) =>
            new AgentTurn(judgment, thought, calls ? TurnText.GenerateImage(text) : null, calls ? null : text));

    [Theory]
    [InlineData("genagent")]
    [InlineData("native")]
    [InlineData("genagent-v1")]
    [InlineData("genagent-v2")]
    public void A_turn_that_is_written_is_read_as_the_same_turn(string name) =>
        Turn.Sample(
            turn =>
            {
                var dialect = Dialect.Find(name)!;
                var follows = turn.Answer is null ? Verdict.Fail : Verdict.Pass;
                var expected = dialect.Verdict == VerdictRule.WhatFollows && turn.Judgment is { } judgment
                    ? turn with { Judgment = judgment with { Verdict = follows } }
                    : turn;
                TurnParser.Parse(TurnText.Write(turn, dialect), dialect).Turn.ShouldBe(expected);
            },
            iter: 1000);

    [Fact]
    public void A_turn_is_written_as_the_model_is_told_to_write_it() =>
        TurnText.Write(new AgentTurn(new SelfJudgment("One is missing.", Verdict.Fail), "More.", TurnText.GenerateImage("two \"red\" circles"), null)).ShouldBe(
            """
            <judge>One is missing.
            verdict: fail</judge>
            <think>More.</think>
            <tool_call>
            {"name": "generate_image", "arguments": {"prompt": "two \"red\" circles"}}
            </tool_call>
            """);

    [Fact]
    public void A_turn_that_no_parser_could_read_is_not_written()
    {
        Should.Throw<ArgumentException>(() => TurnText.Write(new AgentTurn(null, "a</think>", null, "x"))).Message.ShouldContain("closes nothing");
        Should.Throw<ArgumentException>(() => TurnText.Write(new AgentTurn(null, "a", null, null))).Message.ShouldContain("neither");
    }
}
