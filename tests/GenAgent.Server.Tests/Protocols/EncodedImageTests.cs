using GenAgent.Server.Protocols;

namespace GenAgent.Server.Tests.Protocols;

public sealed class EncodedImageTests
{
    [Theory]
    [InlineData("data:image/png;base64,AQID")]
    [InlineData("DATA:image/png;name=x;BASE64,AQID")]
    [InlineData("AQID")]
    public void Data_URLs_and_bare_base64_are_read(string text)
    {
        EncodedImage.TryDecode(text, out var bytes).ShouldBeTrue();
        bytes.ToArray().ShouldBe([1, 2, 3]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("data:")]
    [InlineData("data:image/png,AQID")]
    [InlineData("data:image/png;base64,")]
    [InlineData("data:image/png;base64,A")]
    [InlineData("http://127.0.0.1/x.png")]
    [InlineData("file:///etc/passwd")]
    [InlineData("../../etc/passwd")]
    public void Nothing_else_is(string text) => EncodedImage.TryDecode(text, out _).ShouldBeFalse();
}
