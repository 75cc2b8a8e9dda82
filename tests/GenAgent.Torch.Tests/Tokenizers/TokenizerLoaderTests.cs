using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;

namespace GenAgent.Torch.Tests.Tokenizers;

public sealed class TokenizerLoaderTests : IDisposable
{
    private const string Tiny =
        """
        {"added_tokens":[{"id":3,"content":"<x>","special":true}],
         "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":false},
         "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Smallest_file_is_a_tokenizer()
    {
        var tokenizer = Load(Tiny);

        tokenizer.Encode("aab<x>b").ShouldBe([0, 2, 3, 1]);
        tokenizer.IdLimit.ShouldBe(4);
    }

    [Theory]
    [InlineData("\"type\":\"BPE\"", "\"type\":\"WordPiece\"", "model: type: \"WordPiece\" is not supported")]
    [InlineData("[\"a b\"]", "[\"a c\"]", "Merge 1 needs the token \"c\"")]
    [InlineData("[\"a b\"]", "[\"a b c\"]", "merges[0]")]
    [InlineData("[\"a b\"]", "[[\"a\"]]", "merges[0]: a merge has two parts")]
    [InlineData("\"b\":1", "\"a\":1", "model: vocab: a: the token is there twice")]
    [InlineData("\"b\":1", "\"b\":0", "Two tokens have the id 0")]
    [InlineData("\"b\":1", "\"b\":-1", "vocab: b: a whole number")]
    [InlineData("\"b\":1", "\"b\":\"1\"", "vocab: b: a whole number")]
    [InlineData("\"content\":\"<x>\"", "\"content\":\"\"", "added_tokens[0]: content: an added token cannot be empty")]
    [InlineData("\"content\":\"<x>\"", "\"content\":\"\\ud800\"", "half a character")]
    [InlineData("\"type\":\"ByteLevel\"", "\"type\":\"Bert\"", "pre_tokenizer: type: \"Bert\" is not supported")]
    [InlineData("\"add_prefix_space\":false", "\"add_prefix_space\":true", "pre_tokenizer: add_prefix_space: not supported")]
    [InlineData("\"merges\"", "\"byte_fallback\":true,\"merges\"", "byte_fallback: not supported")]
    [InlineData("\"model\"", "\"normalizer\":{\"type\":\"BertNormalizer\"},\"model\"", "normalizer: type: \"BertNormalizer\" is not supported")]
    [InlineData(
        "\"model\"", "\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(\"},\"content\":\"\"},\"model\"", "pattern: the pattern is not supported")]
    [InlineData("\"model\"", "\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////w==\"},\"model\"", "character map is damaged")]
    [InlineData("\"model\"", "\"modle\"", "model: Object expected, nothing found")]
    public void Broken_file_is_refused_with_the_place_and_the_fault(string valid, string broken, string message)
    {
        var json = Tiny.Replace(valid, broken);
        json.ShouldNotBe(Tiny);

        var fault = Should.Throw<InvalidDataException>(() => Load(json));

        fault.Message.ShouldStartWith(_folder.File("tokenizer.json"));
        fault.Message.ShouldContain(message);
    }

    [Fact]
    public void Unknown_pattern_is_refused_and_not_guessed() =>
        Should.Throw<InvalidDataException>(() => Load(Tiny.Replace(
            "{\"type\":\"ByteLevel\"",
            "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\d+\"},\"behavior\":\"Isolated\"},"
                + "{\"type\":\"ByteLevel\"")
            .Replace("\"use_regex\":false}", "\"use_regex\":false}]}"))).Message.ShouldContain(@"the pattern ""\d+"" is not known");

    [Fact]
    public void Folder_without_tokenizer_says_what_was_looked_for()
    {
        Should.Throw<FileNotFoundException>(() => TokenizerLoader.Load(_folder.Path)).Message.ShouldContain("tokenizer.json");
        Should.Throw<FileNotFoundException>(() => TokenizerLoader.Load(_folder.File("nowhere"))).Message.ShouldContain("nowhere");
    }

    [Fact]
    public void Clip_files_without_start_or_end_token_are_refused()
    {
        File.WriteAllText(_folder.File("vocab.json"), """{"a":0}""");
        File.WriteAllText(_folder.File("merges.txt"), "#version: 0.2\n");

        Should.Throw<InvalidDataException>(() => TokenizerLoader.Load(_folder.Path)).Message.ShouldContain("bos_token");
    }

    [Fact]
    public void Added_tokens_keep_to_their_flags()
    {
        var tokenizer = Load(Tiny.Replace(
            "{\"id\":3,\"content\":\"<x>\",\"special\":true}",
            """{"id":3,"content":"cat","single_word":true},{"id":4,"content":"dog","lstrip":true,"rstrip":true},{"id":5,"content":"dogdog"}"""));

        tokenizer.Encode("a cat").ShouldContain(3);
        tokenizer.Encode("acat cats").ShouldNotContain(3);
        tokenizer.Encode("a  dog  b").ShouldBe([0, 4, 1]);
        tokenizer.Encode("dogdog").ShouldBe([5]);
    }

    [Fact]
    public void Any_ids_stream_to_the_text_that_they_decode_to()
    {
        File.WriteAllText(_folder.File("tokenizer.json"), ByteLevelBpeTrainer.Train(["née 你好 🙂🙂 été <|im_end|>", "née 你好 🙂🙂 été"], 330));
        var tokenizer = TokenizerLoader.Load(_folder.Path);
        var random = new Random(5);
        for (var i = 0; i < 500; i++)
        {
            var ids = Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(tokenizer.IdLimit + 2)).ToList();
            var decoder = tokenizer.StartDecoding();
            var steps = ids.Select(decoder.Append).ToList();
            steps.Add(decoder.Flush());

            string.Concat(steps).ShouldBe(tokenizer.Decode(ids), string.Join(' ', ids));
            steps.ShouldAllBe(step => step.Length == 0 || (!char.IsLowSurrogate(step.First()) && !char.IsHighSurrogate(step.Last())));
        }
    }

    [Fact]
    public void Half_a_character_in_the_text_becomes_the_replacement_character()
    {
        File.WriteAllText(_folder.File("tokenizer.json"), ByteLevelBpeTrainer.Train(["a"], 278));
        var tokenizer = TokenizerLoader.Load(_folder.Path);

        tokenizer.Decode(tokenizer.Encode("a\uD83Db\uDE42")).ShouldBe("a\uFFFDb\uFFFD");
    }

    [Fact]
    public void Many_threads_may_encode_at_once()
    {
        File.WriteAllText(_folder.File("tokenizer.json"), ByteLevelBpeTrainer.Train(["a red circle, a blue square"], 300));
        var tokenizer = TokenizerLoader.Load(_folder.Path);
        var expected = Enumerable.Range(0, 200).Select(i => tokenizer.Decode(tokenizer.Encode($"circle {i}"))).ToList();

        Parallel.For(0, 2_000, i => tokenizer.Decode(tokenizer.Encode($"circle {i % 200}")).ShouldBe(expected[i % 200]));
    }

    private Tokenizer Load(string json)
    {
        File.WriteAllText(_folder.File("tokenizer.json"), json);
        return TokenizerLoader.Load(_folder.Path);
    }
}
