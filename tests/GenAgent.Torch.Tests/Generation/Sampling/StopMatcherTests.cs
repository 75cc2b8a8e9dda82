using System.Text;
using GenAgent.Torch.Generation.Sampling;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Generation.Sampling;

public sealed class StopMatcherTests
{
    [Theory]
    [InlineData("hello </s> more", "hello ", "</s>", "</s>", "world")]
    [InlineData("a < b </ c", "a < b </ c", null, "</s>", "world")]
    [InlineData("aab", "", "aab", "aab", "ab")]
    [InlineData("xxaaab!", "xxa", "aab", "aab", "never")]
    [InlineData("grüße", "gr", "üß", "üß", "never")]
    public void Text_ends_before_the_stop_string_and_nothing_of_it_is_shown(string text, string shown, string? found, string first, string second)
    {
        var matcher = new StopMatcher(Bytes(), [first, second]);
        var output = new StringBuilder();
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            output.Append(matcher.Append(one));
        }

        output.Append(matcher.Flush());
        output.ToString().ShouldBe(shown);
        matcher.Found.ShouldBe(found);
    }

    [Fact]
    public void Text_that_cannot_become_a_stop_string_is_shown_at_once()
    {
        var matcher = new StopMatcher(Bytes(), ["</tool>"]);
        string[] shown = [.. "ab<c</t".Select(letter => matcher.Append(letter))];
        shown.ShouldBe(["a", "b", "", "<c", "", "", ""]);
        matcher.Flush().ShouldBe("</t");
    }

    private static IncrementalDecoder Bytes() => new(id => [(byte)id], DecoderStyle.Plain);
}
