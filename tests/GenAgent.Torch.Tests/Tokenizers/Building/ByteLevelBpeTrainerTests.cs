using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;

namespace GenAgent.Torch.Tests.Tokenizers.Building;

public sealed class ByteLevelBpeTrainerTests : IDisposable
{
    private static readonly string[] Corpus =
    [
        "<|im_start|>user\na red circle above a blue square<|im_end|>\n",
        "<|im_start|>user\na blue circle and a red square<|im_end|>\n",
        "<|im_start|>assistant\n<think>The circle is red.</think><|im_end|>\n",
        "two red circles, three blue squares",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_text_survives_and_frequent_words_are_one_token()
    {
        var tokenizer = Load(ByteLevelBpeTrainer.Train(Corpus, 400));

        foreach (var text in Corpus.Append("ein völlig anderer Satz 你好 🙂\t\r\n\0").Append(""))
        {
            tokenizer.Decode(tokenizer.Encode(text)).ShouldBe(text);
        }

        tokenizer.Encode(" circle").Count.ShouldBe(1);
        tokenizer.Encode(" red").Count.ShouldBe(1);
        tokenizer.Encode("<|im_start|>").ShouldBe([tokenizer.IdOf("<|im_start|>")]);
        tokenizer.Encode("<|im_start|>", AddedTokenMode.Plain).Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Size_is_kept_and_added_tokens_come_last()
    {
        var tokenizer = Load(ByteLevelBpeTrainer.Train(Corpus, 280, [("<a>", true), ("<b>", false)]));

        tokenizer.IdLimit.ShouldBe(280);
        tokenizer.IdOf("<a>").ShouldBe(278);
        tokenizer.IdOf("<b>").ShouldBe(279);
        tokenizer.AddedTokens["<a>"].Special.ShouldBeTrue();
        tokenizer.AddedTokens["<b>"].Special.ShouldBeFalse();
        tokenizer.TokenOf(0).ShouldBe("!");
    }

    [Fact]
    public void Order_of_the_texts_does_not_matter() =>
        ByteLevelBpeTrainer.Train(Corpus.Reverse(), 400).ShouldBe(ByteLevelBpeTrainer.Train(Corpus, 400));

    [Fact]
    public void Most_frequent_pair_is_merged_first()
    {
        var tokenizer = Load(ByteLevelBpeTrainer.Train(["aab aab aab ab zz"], 256 + 2, []));

        tokenizer.TokenOf(256).ShouldBe("ab");
        tokenizer.TokenOf(257).ShouldBe("aab");
    }

    [Fact]
    public void Small_corpus_gives_fewer_ids_than_asked_for() =>
        Load(ByteLevelBpeTrainer.Train(["ab ab"], 1000, [])).IdLimit.ShouldBe(257);

    [Fact]
    public void Impossible_sizes_are_refused()
    {
        Should.Throw<ArgumentException>(() => ByteLevelBpeTrainer.Train(Corpus, 277));
        Should.Throw<ArgumentException>(() => ByteLevelBpeTrainer.Train(Corpus, 300, [("<a>", true), ("<a>", true)]));
    }

    private Tokenizer Load(string json)
    {
        File.WriteAllText(_folder.File("tokenizer.json"), json);
        return TokenizerLoader.Load(_folder.Path);
    }
}
