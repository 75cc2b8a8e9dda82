using System.Text;
using GenAgent.Seeds;
using GenAgent.Training.Synthesis;

namespace GenAgent.Training.Tests.Synthesis;

/// <summary>Files of prompts are read as <c>generate --prompts</c> reads them.</summary>
public sealed class PromptFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PromptFile Read(string name, string content, Encoding? encoding = null)
    {
        File.WriteAllText(_folder[name], content, encoding ?? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return new(_folder[name]);
    }

    [Theory]
    [InlineData("prompts.txt", "\uFEFFa red cat\r\n")]
    [InlineData("prompts.txt", "{\"prompt\": \"a red cat\"}\n")]
    [InlineData("prompts.ndjson", "{\"prompt\": \"a red cat\"}\n")]
    [InlineData("prompts.jsonl", "\"a red cat\"\n")]
    public void A_prompt_is_the_same_words_however_it_is_written(string name, string content) =>
        Read(name, content).Draw(0, SeedPath.FromRoot(1)).Text.ShouldBe("a red cat");

    [Theory]
    [InlineData("prompts.csv", "prompt\na red cat\n", "tables are not read")]
    [InlineData("prompts.jsonl", "[1, 2]\n", "line 1: no prompt")]
    [InlineData("prompts.jsonl", "a red cat\n", "line 1: no prompt")]
    [InlineData("prompts.json", "[{\"prompt\": \" \"}]", "record 1: no prompt")]
    [InlineData("prompts.txt", "\uFEFF\n", "holds no prompt")]
    public void What_is_no_prompt_is_named(string name, string content, string why) =>
        Should.Throw<InvalidDataException>(() => Read(name, content)).Message.ShouldContain(why);

    [Fact]
    public void Bytes_that_are_no_text_are_not_learned_from() =>
        Should.Throw<InvalidDataException>(() => Read("prompts.txt", "a red caf\u00e9\n", Encoding.Latin1)).Message.ShouldContain("is no UTF-8 text");
}
