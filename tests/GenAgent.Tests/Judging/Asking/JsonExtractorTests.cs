using System.Diagnostics;
using GenAgent.Judging;

namespace GenAgent.Tests.Judging.Asking;

public sealed class JsonExtractorTests
{
    [Theory]
    [InlineData("""{"a":1} and then {"b":2}""", """{"b":2}""")]
    [InlineData("""{"a":{"b":"}{"}}""", """{"a":{"b":"}{"}}""")]
    [InlineData("""{"a":"say \"}\" twice"}""", """{"a":"say \"}\" twice"}""")]
    [InlineData("""a smile :-{ first, then {"a":1}""", """{"a":1}""")]
    public void The_last_whole_object_is_the_answer(string text, string expected) =>
        JsonExtractor.LastObject(text)!.Value.GetRawText().ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("}{")]
    [InlineData("""{"a":1""")]
    [InlineData("[1,2]")]
    public void A_text_without_an_object_has_no_answer(string text) => JsonExtractor.LastObject(text).ShouldBeNull();

    [Fact]
    public void A_flood_of_braces_does_not_hang_the_judge()
    {
        var clock = Stopwatch.StartNew();

        JsonExtractor.LastObject(new string('{', 1_000_000)).ShouldBeNull();

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }
}
