using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Tokenizers;

public sealed class T5GoldenTests
{
    [Fact]
    public void Prompts_become_the_reference_ids_cut_and_filled_up()
    {
        foreach (var folder in Jsonl.Folders("tokenizer.json", "spiece.model", "vectors.jsonl"))
        {
            var tokenizer = TokenizerLoader.Load(folder);
            var prompts = new PromptTokenizer(tokenizer, 32);
            foreach (var row in Jsonl.Read(Path.Combine(folder, "vectors.jsonl")))
            {
                var (text, id) = (row.Text("text"), row.Text("id"));
                tokenizer.Encode(text).ShouldBe(row.Ids("ids_no_special"), id);
                var prompt = prompts.Encode(text);
                prompt.Ids.ShouldBe(row.Ids(row.Has("padded_32") ? "padded_32" : "truncated_32"), id);
                (prompt.CutOff is not null).ShouldBe(row.Ids("ids").Count > 32, id);
                tokenizer.Decode(row.Ids("ids"), skipSpecialTokens: true).ShouldBe(row.Text("decoded"), id);
                if (row.Has("tokens"))
                {
                    // For an unknown stretch the reference gives the stretch itself.
                    row.Ids("ids").Select(tokenizer.TokenOf).Zip(row.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()))
                        .ShouldAllBe(pair => pair.First == pair.Second || pair.First == "<unk>", id);
                }
            }
        }
    }

    [Fact]
    public void Sentencepiece_model_alone_gives_sentencepiece_ids()
    {
        foreach (var folder in Jsonl.Folders("spiece.model", "vectors.jsonl"))
        {
            var tokenizer = TokenizerLoader.Load(Path.Combine(folder, "spiece.model"));
            foreach (var row in Jsonl.Read(Path.Combine(folder, "vectors.jsonl")))
            {
                tokenizer.Encode(row.Text("text")).ShouldBe(row.Ids("spiece_ids"), row.Text("id"));
            }

            tokenizer.SuffixIds.ShouldBe([1]);
            tokenizer.PadId.ShouldBe(0);
        }
    }
}
