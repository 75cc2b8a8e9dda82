using System.Text.Encodings.Web;
using System.Text.Json;
using GenAgent.Telemetry;

namespace GenAgent.Tests.Telemetry;

public sealed class SecretMaskTests
{
    // Looks like an ordinary key up to its quotation mark: a pattern alone would leave the tail.
    private const string Key = "sk-abcdefghijklmnop0123\"tail&<of> it/é";

    private readonly SecretMask _mask = new([Key]);

    public static TheoryData<string> WaysToWrite() =>
    [
        Key,
        JsonSerializer.Serialize(Key),
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Key),
        HtmlEncoder.Default.Encode(Key),
        $"http://host/?x={Uri.EscapeDataString(Key)}",
        System.Net.WebUtility.HtmlEncode(Key),
        System.Net.WebUtility.UrlEncode(Key),
        Uri.EscapeDataString(Key).Replace("%2F", "%2f", StringComparison.Ordinal).Replace("%C3%A9", "%c3%a9", StringComparison.Ordinal)
            .Replace("%3C", "%3c", StringComparison.Ordinal).Replace("%3E", "%3e", StringComparison.Ordinal),

        // PHP's, Python's and Go's JSON.
        Key.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal).Replace("é", "\\u00e9", StringComparison.Ordinal),
        Key.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("é", "\\u00e9", StringComparison.Ordinal),
        Key.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("&", "\\u0026", StringComparison.Ordinal)
            .Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal),
        Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        $"Authorization: Bearer {Key}",
        $"Authorization: Basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Key))}",
    ];

    [Theory]
    [MemberData(nameof(WaysToWrite))]
    public void A_key_is_blotted_out_with_its_tail_however_it_is_written(string written)
    {
        var masked = _mask.Mask($"before {written} after");

        masked.ShouldContain("***");
        masked.ShouldNotContain("abcdefghijklmnop");
        masked.ShouldNotContain("tail");
        masked.ShouldNotContain("c2stYWJj");
        masked.ShouldStartWith("before ");
        masked.ShouldEndWith(" after");
    }

    [Fact]
    public void A_key_is_masked_as_it_is_sent_though_its_file_ends_with_a_line_end() =>
        new SecretMask([" hunter2hunter2\r\n"]).Mask("refused hunter2hunter2.").ShouldBe("refused ***.");

    [Fact]
    public void A_key_that_streams_in_is_blotted_out_wherever_it_is_cut()
    {
        const string Text = "I was called with " + Key + ", not with " + "sk-abcdefghij or s";
        for (var size = 1; size <= Text.Length; size++)
        {
            var stream = new MaskedText(_mask);
            var shown = string.Concat(Text.Chunk(size).Select(piece => stream.Append(new string(piece)))) + stream.End();

            shown.ShouldBe("I was called with ***, not with sk-abcdefghij or s");
        }
    }

    [Fact]
    public void Text_without_a_secret_is_not_held_back()
    {
        var stream = new MaskedText(_mask);

        stream.Append("thinking of a red cat").ShouldBe("thinking of a red cat");
        stream.End().ShouldBeEmpty();
    }

    [Fact]
    public void Two_masks_together_know_what_each_knows() =>
        new SecretMask(["first-secret"]).And(new SecretMask(["second-secret"])).Mask("first-secret second-secret").ShouldBe("*** ***");
}
