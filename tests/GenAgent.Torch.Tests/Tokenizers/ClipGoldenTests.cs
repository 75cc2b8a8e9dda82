using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Tokenizers;

public sealed class ClipGoldenTests
{
    [Fact]
    public void Prompts_become_the_reference_ids_cut_and_filled_up()
    {
        foreach (var folder in Jsonl.Folders("vocab.json", "merges.txt", "vectors.jsonl"))
        {
            var tokenizer = TokenizerLoader.Load(Path.Combine(folder, "vocab.json"));
            var prompts = new PromptTokenizer(tokenizer, 77);
            foreach (var row in Jsonl.Read(Path.Combine(folder, "vectors.jsonl")))
            {
                var (text, id) = (row.Text("text"), row.Text("id"));
                tokenizer.Encode(text).ShouldBe(row.Ids("ids_no_special"), id);
                var prompt = prompts.Encode(text);
                prompt.Ids.ShouldBe(row.Ids("padded_77"), id);
                prompt.Length.ShouldBe(row.GetProperty("attention_mask_77_ones").GetInt32(), id);
                (prompt.CutOff is not null).ShouldBe(row.Ids("ids").Count > 77, id);
                tokenizer.Decode(row.Ids("ids_no_special")).ShouldBe(row.Text("decoded"), id);
            }
        }
    }

    [Fact]
    public void Stream_is_the_whole_text()
    {
        foreach (var folder in Jsonl.Folders("vocab.json", "merges.txt", "vectors.jsonl"))
        {
            var tokenizer = TokenizerLoader.Load(Path.Combine(folder, "vocab.json"));
            foreach (var row in Jsonl.Read(Path.Combine(folder, "vectors.jsonl")))
            {
                var decoder = tokenizer.StartDecoding();
                var steps = row.Ids("ids_no_special").Select(decoder.Append).ToList();
                (string.Concat(steps) + decoder.Flush()).ShouldBe(row.Text("decoded"));
            }
        }
    }
}
