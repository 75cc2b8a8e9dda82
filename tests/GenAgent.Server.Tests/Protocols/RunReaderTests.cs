using System.Text.Json;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.Tests.Protocols;

public sealed class RunReaderTests
{
    private static readonly string First = new('a', 64);
    private static readonly string Second = new('b', 64);

    private static List<RunUpdate> Read(RunReader reader, params (string Kind, string Json)[] events) =>
        [.. events.SelectMany(happened => reader.Read(happened.Kind, JsonDocument.Parse(happened.Json).RootElement))];

    private static (string, string) Attempt(string id, string prompt) =>
        ("attempt", $$$"""{"trajectory":"t","prompt":"{{{prompt}}}","image":{"id":"{{{id}}}","media_type":"image/png","width":96,"height":64,"seed":7}}""");

    private static (string, string) Completed(string id) =>
        (
            "run_completed",
            $$$"""{"trajectory":"t","image":{"id":"{{{id}}}","media_type":"image/png","width":96,"height":64},"tokens":{"input":30,"output":4}}""");

    [Fact]
    public void A_sample_ends_with_its_image_the_prompt_that_made_it_the_verdict_and_the_tokens()
    {
        var reader = new RunReader(0, rounds: 4);

        var last = Read(
            reader, Attempt(First, "one"), ("judgment", """{"verdict":"fail","text":"no"}"""), Attempt(Second, "two"),
            ("judgment", """{"verdict":"pass","text":"yes"}"""),
            ("answer", """{"text":"image 2"}"""), Completed(Second))[^1].ShouldBeOfType<SampleUpdate>();

        last.Image.ShouldNotBeNull().Prompt.ShouldBe("two");
        (last.Passed, last.Answer, last.Tokens.Total, last.Trajectory).ShouldBe((true, "image 2", 34, "t"));
        reader.IsOver.ShouldBeTrue();
    }

    [Fact]
    public void The_verdict_is_that_of_the_image_that_was_chosen()
    {
        var last = Read(
            new RunReader(0, rounds: 4), Attempt(First, "one"), ("judgment", """{"verdict":"pass","text":"yes"}"""), Attempt(Second, "two"),
            ("judgment", """{"verdict":"fail","text":"no"}"""),
            Completed(First))[^1].ShouldBeOfType<SampleUpdate>();

        last.Passed.ShouldBe(true);
    }

    [Fact]
    public void Thoughts_are_told_once_whether_they_streamed_or_not()
    {
        var streamed = Read(
            new RunReader(0, 4),
            ("text", """{"section":"thought","text":"two "}"""),
            ("text", """{"section":"thought","text":"circles"}"""),
            ("thought", """{"text":"two circles"}"""));
        var whole = Read(new RunReader(0, 4), ("thought", """{"text":"two circles"}"""));

        string.Concat(streamed.Cast<ThoughtUpdate>().Select(piece => piece.Text)).Trim().ShouldBe("two circles");
        string.Concat(whole.Cast<ThoughtUpdate>().Select(piece => piece.Text)).Trim().ShouldBe("two circles");
    }

    [Fact]
    public void What_the_model_writes_into_a_call_is_no_thought() =>
        Read(new RunReader(0, 4), ("text", """{"section":"call","text":"{}"}"""), ("text", """{"section":"answer","text":"image 1"}""")).ShouldBeEmpty();

    [Fact]
    public void Progress_never_goes_back_and_is_whole_only_at_the_end()
    {
        var updates = Read(
            new RunReader(0, rounds: 1), ("progress", """{"fraction":0.9,"stage":"sampling"}"""), ("progress", """{"fraction":0.1,"stage":"sampling"}"""),
            Attempt(First, "one"),
            Attempt(Second, "two"), Attempt(First, "three")).OfType<ProgressUpdate>().Select(report => report.Fraction).ToArray();

        updates.ShouldBe(updates.Order());
        updates[^1].ShouldBeLessThan(1);
    }

    [Fact]
    public void A_run_that_begins_again_elsewhere_counts_its_images_anew()
    {
        var reader = new RunReader(0, 4);
        Read(reader, Attempt(First, "one"), ("run_started", "{}"), ("answer", """{"text":"I cannot draw this."}"""));

        var failed = reader.Close(image: null, why: null);

        (failed.Declined, failed.Answer).ShouldBe((true, "I cannot draw this."));
        failed.Error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void A_sample_whose_last_event_is_lost_has_the_image_that_the_job_names()
    {
        var reader = new RunReader(0, 4);
        Read(reader, Attempt(First, "one"), ("judgment", """{"verdict":"pass","text":"yes"}"""));

        var last = reader.Close(First, why: null);

        (last.Image?.Prompt, last.Passed, last.Error).ShouldBe(("one", true, null));
    }

    [Theory]
    [InlineData("run_completed", "{}")]
    [InlineData("attempt", """{"image":7}""")]
    [InlineData("attempt", """{"image":{"id":null}}""")]
    [InlineData("progress", """{"fraction":"half"}""")]
    [InlineData("text", """{"section":5}""")]
    [InlineData("something_new", """{"text":"x"}""")]
    public void An_event_without_its_members_or_of_a_later_version_is_passed_over(string kind, string json) =>
        Read(new RunReader(0, 4), (kind, json)).ShouldBeEmpty();
}
