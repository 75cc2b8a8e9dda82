using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Published;
using GenAgent.Judging;

namespace GenAgent.Evaluation.Tests.Published;

/// <summary>Replies in the official formats, sound and broken, against what the official rules give by hand.</summary>
public sealed class ReplyFormatTests
{
    private static readonly BenchmarkTask Task = new("1", "x", "two cats");

    private static ReplyReading Read(IReplyFormat format, params string?[] replies) =>
        format.Read(Task, [.. replies.Select(text => new JudgeReply("q", text) { Error = text is null ? "refused by the content filter" : null })]);

    [Theory]
    [InlineData("""{"correct": true, "reason": "all there"}""", 1.0, 1.0)]
    [InlineData("""{"correct": 0, "reason": "one cat"}""", 0.0, 0.0)]
    [InlineData("```json\n{\"correct\": true, \"reason\": \"all there\"}\n```", 1.0, 1.0)]
    [InlineData("""{"correct": true, "reason": "There are two cats, one of which lies on the""", 0.0, 1.0)]
    [InlineData("""{"reason": "There are two cats, one of which lies on the""", 0.0, null)]
    [InlineData("""{"reason": "no verdict"}""", 0.0, null)]
    [InlineData("I cannot help with that.", 0.0, null)]
    [InlineData(null, 0.0, null)]
    public void GenEvalPlusPlus_reads_whole_json_officially_and_cut_json_soundly(string? reply, double official, double? sound)
    {
        var reading = Read(new GenEvalPlusFormat(), reply);

        (reading.Official, reading.Sound).ShouldBe((official, sound));
    }

    [Fact]
    public void GenEvalPlusPlus_takes_the_first_whole_reply_of_three_tries() =>
        Read(new GenEvalPlusFormat(), "{\"corr", null, """{"correct": true, "reason": "x"}""").Official.ShouldBe(1);

    [Fact]
    public void GenEvalPlusPlus_lists_counts_colors_places_and_what_must_not_be()
    {
        var lines = GenEvalPlusFormat.Checklist(new(
            [new("clock", 3, Region: "left"), new("cat", 1, "red", Size: "larger")], [new("clock", 4)])).ToList();

        lines.ShouldBe(["exactly 3 x clock", "the clock on the left", "exactly 1 x red cat", "the red cat is larger than the rest", "no more than 3 x clock"]);
    }

    // WiScore is (0.7 c + 0.2 r + 0.1 a) / 2.
    [Theory]
    [InlineData("Consistency: 2\nRealism: 1\nAesthetic Quality: 0", 0.8, 0.8)]
    [InlineData("**Consistency**: 1\n**Realism**: 2\n**Aesthetic Quality**: 2", 0.65, 0.65)]
    [InlineData("**Consistency:** 2\n**Realism:** 2\n**Aesthetic Quality:** 2", 0.0, 1.0)]
    [InlineData("Consistency: 2\nRealism: 1", 0.8, null)]
    [InlineData("Consistency: 7\nRealism: 1\nAesthetic Quality: 1", 2.6, null)]
    [InlineData("I'm sorry, I can't rate this image.", 0.0, null)]
    [InlineData(null, null, null)]
    public void Wise_counts_officially_as_zero_what_its_pattern_does_not_find(string? reply, double? official, double? sound)
    {
        var reading = Read(new WiseFormat(), reply);

        ShouldBe(reading.Official, official);
        ShouldBe(reading.Sound, sound);
    }

    [Theory]
    [InlineData("A mooncake on a plate.\nScore: 1", 1.0, 1.0)]
    [InlineData("Score: 0", 0.0, 0.0)]
    [InlineData("**Score:** 1", null, 1.0)]
    [InlineData("A mooncake on a pl", null, null)]
    [InlineData("Score: 5", null, null)]
    [InlineData(null, null, null)]
    public void Wise_verified_knows_right_and_wrong_alone(string? reply, double? official, double? sound)
    {
        var reading = Read(new WiseVerifiedFormat(), reply);

        (reading.Official, reading.Sound).ShouldBe((official, sound));
    }

    // 0.8 min(fantasy, identity) + 0.2 aesthetics; a mark that is not found is -1 officially.
    [Theory]
    [InlineData("Fantasy Fulfillment: 8\nIdentity Preservation: 10\nAesthetic Quality: 9", 8.2, 8.2)]
    [InlineData("Fantasy Fulfillment: 8\nAesthetic Quality: 9", 1.0, null)]
    [InlineData("**Fantasy Fulfillment:** 8\n**Identity Preservation:** 7\n**Aesthetic Quality:** 10", -1.0, 7.6)]
    [InlineData("no", -1.0, null)]
    public void Imagine_bench_counts_what_it_cannot_read_as_minus_one(string reply, double official, double? sound)
    {
        var reading = Read(new ImagineFormat(), reply);

        ShouldBe(reading.Official, official);
        ShouldBe(reading.Sound, sound);
    }

    [Fact]
    public void Soft_TIFA_sums_the_spellings_of_an_answer_and_takes_the_geometric_mean()
    {
        var task = Task with { Questions = [new("How many cats are in the image?", "two", "count"), new("Are there any cats in the image?", "Yes", "object")] };
        JudgeReply Reply(int atom, params (string Token, double Chance)[] tokens) =>
            new($"atom {atom}", tokens[0].Token) { FirstTokens = [.. tokens.Select(t => new TokenChance(t.Token, Math.Log(t.Chance)))] };

        var reading = new SoftTifaFormat()
            .Read(task, [Reply(1, ("two", 0.25), ("2", 0.25), ("three", 0.5)), Reply(2, ("Yes", 0.5), (" yes", 0.375), ("No", 0.125))]);

        reading.Official!.Value.ShouldBe(Math.Sqrt(0.5 * 0.875), 1e-12);
        reading.Marks["AM"].ShouldBe((0.5 + 0.875) / 2, 1e-12);
        reading.Marks["count"].ShouldBe(0.5, 1e-12);
        reading.Passed.ShouldBeFalse("0.5 is no more likely than not");
        new SoftTifaFormat().Read(task, [Reply(1, ("two", 1))]).Sound.ShouldBeNull("a question is missing");
        new SoftTifaFormat().Read(task, [Reply(1, ("two", 1)), new("atom 2", "Yes")]).Reason.ShouldContain("logprobs");
    }

    [Fact]
    public void Own_prompts_are_asked_as_questions_and_scored_by_the_share_of_yes()
    {
        var task = Task with { Constraints = new([new("cat", 2)]), Reference = "two sleeping cats" };
        ReplyReading Of(string reply) => new ChecklistFormat().Read(task, [new("q", reply)]);

        new ChecklistFormat().Ask(task).ShouldHaveSingleItem().Text.ShouldContain("2. Does the image show this: two sleeping cats");
        Of("""{"answers":[{"found":"two","yes":true},{"found":"awake","yes":false}]}""").Sound.ShouldBe(0.5);
        Of("""{"answers":[{"found":"two","yes":true}]}""").Sound.ShouldBeNull("an answer is missing");
    }

    private static void ShouldBe(double? actual, double? expected)
    {
        if (expected is { } value)
            actual.ShouldNotBeNull().ShouldBe(value, 1e-12);
        else
            actual.ShouldBeNull();
    }
}
