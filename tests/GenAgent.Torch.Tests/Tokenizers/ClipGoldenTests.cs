using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Tokenizers;

public sealed class ClipGoldenTests : IDisposable
{
    private const string Kind = "clip";
    private const string PaddedPrefix = "padded_";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Prompts_become_the_reference_ids_cut_and_filled_up()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "vectors.jsonl"), golden =>
        {
            Check(golden, TokenizerLoader.Load(Path.Combine(golden.Tokenizer, "vocab.json")));
        });
    }

    [Fact]
    public void Published_one_file_form_gives_the_same_ids()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "vectors.jsonl"), golden =>
        {
            File.WriteAllText(_folder.File("tokenizer.json"), OneFile(golden.Tokenizer));
            Check(golden, TokenizerLoader.Load(_folder.Path));
        });
    }

    [Fact]
    public void Stream_is_the_whole_text()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "vectors.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(Path.Combine(golden.Tokenizer, "vocab.json"));
            Recorded.Each(golden.Rows(), row =>
            {
                var decoder = tokenizer.StartDecoding();
                var steps = row.Ids("ids_no_special").Select(decoder.Append).ToList();
                (string.Concat(steps) + decoder.Flush()).ShouldBe(row.Text("decoded"), row.Id());
            });
        });
    }

    private static void Check(TokenizerCase golden, Tokenizer tokenizer)
    {
        Recorded.Each(golden.Rows(), row =>
        {
            var (text, id) = (row.Text("text"), row.Id());
            tokenizer.Encode(text).ShouldBe(row.Ids("ids_no_special"), id);
            tokenizer.Decode(row.Ids("ids_no_special")).ShouldBe(row.Text("decoded"), id);
            foreach (var padded in row.EnumerateObject().Where(member => member.Name.StartsWith(PaddedPrefix, StringComparison.Ordinal)))
            {
                var length = int.Parse(padded.Name[PaddedPrefix.Length..]);
                var prompt = new PromptTokenizer(tokenizer, length).Encode(text);
                prompt.Ids.ShouldBe(row.Ids(padded.Name), id);
                prompt.Length.ShouldBe(row.Need($"attention_mask_{length}_ones").GetInt32(), id);
                (prompt.CutOff is not null).ShouldBe(row.Ids("ids").Count > length, id);
            }
        });
    }

    // As the openai/clip repositories publish it.
    private static string OneFile(string folder)
    {
        var vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "vocab.json")))!;
        var merges = File.ReadLines(Path.Combine(folder, "merges.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal));
        var (start, end) = ((int)vocabulary["<|startoftext|>"]!, (int)vocabulary["<|endoftext|>"]!);
        return JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = new[]
            {
                new { id = start, content = "<|startoftext|>", single_word = false, lstrip = false, rstrip = false, normalized = false, special = true },
                new { id = end, content = "<|endoftext|>", single_word = false, lstrip = false, rstrip = false, normalized = false, special = true },
            },
            normalizer = new
            {
                type = "Sequence",
                normalizers = new object[]
                {
                    new { type = "NFC" },
                    new { type = "Replace", pattern = new { Regex = @"\s+" }, content = " " },
                    new { type = "Lowercase" }
                }
            },
            pre_tokenizer = new
            {
                type = "Sequence",
                pretokenizers = new object[]
                {
                    new
                    {
                        type = "Split",
                        pattern = new { Regex = @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+" },
                        behavior = "Removed",
                        invert = true
                    },
                    new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true },
                },
            },
            post_processor = new
            {
                type = "RobertaProcessing",
                sep = new object[] { "<|endoftext|>", end },
                cls = new object[] { "<|startoftext|>", start },
                trim_offsets = false,
                add_prefix_space = false
            },
            decoder = new { type = "ByteLevel", add_prefix_space = true, trim_offsets = true },
            model = new
            {
                type = "BPE",
                unk_token = "<|endoftext|>",
                continuing_subword_prefix = "",
                end_of_word_suffix = "</w>",
                fuse_unk = false,
                vocab = vocabulary,
                merges
            },
        });
    }
}
