using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;

namespace GenAgent.Torch.Tests.Tokenizers.Building;

public sealed class WordTokenizersTests : IDisposable
{
    private static readonly string[] Words =
    [
        "a", "the", "of", "red", "green", "greenish", "tree", "circle", "square", "top", "left", "top-left", "bottom-right", "x-y-z",
        "3", "12", "3x3", "it's", "don't", ",", ".", "(", "banana", "bananas", "ananas", "é", "grün", "naïve",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_word_is_one_t5_token_alone_and_in_a_sentence()
    {
        WordTokenizers.WriteT5(_folder.Path, Words);
        var tokenizer = TokenizerLoader.Load(_folder.Path);
        var spaced = Words.Where(word => char.IsLetterOrDigit(word, 0)).ToList();

        tokenizer.Encode(string.Join(' ', spaced)).Count.ShouldBe(spaced.Count);
        tokenizer.Encode("A red top-left circle, the tree.").Select(tokenizer.TokenOf)
            .ShouldBe(["▁a", "▁red", "▁top-left", "▁circle", ",", "▁the", "▁tree", "."]);
        tokenizer.IdLimit.ShouldBe(Words.Length + 4);
        new PromptTokenizer(tokenizer, 6).Encode("a red circle").Ids.ShouldBe([4, 7, 11, 1, 0, 0]);
        tokenizer.Decode(tokenizer.Encode("a red top-left circle, the tree.")).ShouldBe("a red top-left circle, the tree.");
    }

    [Fact]
    public void Unlisted_word_is_the_unknown_token_and_the_rest_is_untouched()
    {
        WordTokenizers.WriteT5(_folder.Path, Words);
        var tokenizer = TokenizerLoader.Load(_folder.Path);

        tokenizer.Encode("a hippopotamus circle").Select(tokenizer.TokenOf).ShouldBe(["▁a", "▁", "<unk>", "▁circle"]);
    }

    [Fact]
    public void Each_word_is_one_clip_token_alone_and_in_a_sentence()
    {
        WordTokenizers.WriteClip(_folder.Path, Words);
        var tokenizer = TokenizerLoader.Load(_folder.Path);

        tokenizer.Encode(string.Join(' ', Words)).Count.ShouldBe(Words.Length);
        tokenizer.Encode("A Red Top-Left circle, the tree.").Count.ShouldBe(8);
        var prompt = new PromptTokenizer(tokenizer, 8).Encode("red circle");
        prompt.Length.ShouldBe(4);
        prompt.Ids[0].ShouldBe(tokenizer.IdOf("<|startoftext|>"));
        prompt.Ids.Skip(3).ShouldAllBe(id => id == tokenizer.IdLimit - 1);
        tokenizer.Decode(tokenizer.Encode("a hippopotamus at the top-left")).ShouldContain("hippopotamus");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("red")]
    public void Word_that_cannot_be_one_token_is_refused(string word)
    {
        Should.Throw<ArgumentException>(() => WordTokenizers.WriteT5(_folder.Path, ["red", word])).Message.ShouldContain($"\"{word}\"");
        Should.Throw<ArgumentException>(() => WordTokenizers.WriteClip(_folder.Path, ["red", word])).Message.ShouldContain($"\"{word}\"");
    }

    [Fact]
    public void Capital_letters_need_a_tokenizer_that_keeps_them()
    {
        Should.Throw<ArgumentException>(() => WordTokenizers.WriteT5(_folder.Path, ["Red"])).Message.ShouldContain("Red");
        WordTokenizers.WriteT5(_folder.Path, ["Red"], lowercase: false);
        TokenizerLoader.Load(_folder.Path).Encode("Red").ShouldBe([4]);
    }
}
