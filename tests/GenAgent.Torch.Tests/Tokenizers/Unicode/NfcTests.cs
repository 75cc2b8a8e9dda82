using GenAgent.Torch.Tokenizers.Unicode;

namespace GenAgent.Torch.Tests.Tokenizers.Unicode;

public sealed class NfcTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain ASCII and Latin é", "plain ASCII and Latin é")]
    [InlineData("e\u0301", "é")]
    [InlineData("\u0301e", "\u0301e")]
    [InlineData("u\u0308\u0304", "\u01D6")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323")]
    [InlineData("\u212B", "Å")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u1100\u1161\u11A8", "각")]
    [InlineData("가\u11A8", "각")]
    [InlineData("\u1100\u1161\u0301\u11A8", "가\u0301\u11A8")]
    [InlineData("\u09C7\u09BE", "\u09CB")]
    [InlineData("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("\uF900", "\u8C48")]
    public void Text_is_composed_as_the_standard_says(string text, string expected) => Nfc.Normalize(text).ShouldBe(expected);

    [Fact]
    public void Normalising_twice_changes_nothing()
    {
        for (var codePoint = 0; codePoint <= 0x2FFFF; codePoint++)
        {
            if (codePoint is < 0xD800 or > 0xDFFF)
            {
                var once = Nfc.Normalize("a" + char.ConvertFromUtf32(codePoint) + "\u0323\u0301");
                Nfc.Normalize(once).ShouldBe(once);
            }
        }
    }
}
