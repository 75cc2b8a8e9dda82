using GenAgent.TestKit.Golden;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Tokenizers;

public sealed class T5GoldenTests
{
    private const string Kind = "t5";
    private static readonly string[] FixedLength = ["padded_", "truncated_"];

    [Fact]
    public void Prompts_become_the_reference_ids_cut_and_filled_up()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "vectors.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(golden.Tokenizer);
            Recorded.Each(golden.Rows(), row =>
            {
                var (text, id) = (row.Text("text"), row.Id());
                tokenizer.Encode(text).ShouldBe(row.Ids("ids_no_special"), id);
                tokenizer.Decode(row.Ids("ids"), skipSpecialTokens: true).ShouldBe(row.Text("decoded"), id);
                foreach (var member in row.EnumerateObject())
                {
                    if (FixedLength.FirstOrDefault(prefix => member.Name.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix)
                    {
                        var length = int.Parse(member.Name[prefix.Length..]);
                        var prompt = new PromptTokenizer(tokenizer, length).Encode(text);
                        prompt.Ids.ShouldBe(row.Ids(member.Name), id);
                        (prompt.CutOff is not null).ShouldBe(row.Ids("ids").Count > length, id);
                    }
                }

                if (row.Has("tokens"))
                {
                    // For an unknown stretch the reference gives the stretch itself.
                    row.Ids("ids").Select(tokenizer.TokenOf).Zip(row.Need("tokens").EnumerateArray().Select(token => token.GetString()))
                        .ShouldAllBe(pair => pair.First == pair.Second || pair.First == "<unk>", id);
                }
            });
        });
    }

    [Fact]
    public void Sentencepiece_model_alone_gives_sentencepiece_ids()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "vectors.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(Path.Combine(golden.Tokenizer, "spiece.model"));
            Recorded.Each(golden.Rows().Where(row => row.Has("spiece_ids")), row =>
            {
                tokenizer.Encode(row.Text("text")).ShouldBe(row.Ids("spiece_ids"), row.Id());
            });

            tokenizer.SuffixIds.ShouldBe([tokenizer.IdOf("</s>")]);
            tokenizer.PadId.ShouldBe(tokenizer.IdOf("<pad>"));
        });
    }
}
