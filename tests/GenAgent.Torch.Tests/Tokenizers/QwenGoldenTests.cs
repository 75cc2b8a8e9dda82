using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Unicode;

namespace GenAgent.Torch.Tests.Tokenizers;

public sealed class QwenGoldenTests
{
    private const string Kind = "qwen2_5";

    [Fact]
    public void Texts_become_the_reference_ids_in_all_three_modes_and_come_back()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "vectors.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(golden.Tokenizer);
            Recorded.Each(golden.Rows(), row =>
            {
                var text = row.Text("text");
                var id = row.Id();
                tokenizer.Encode(text).ShouldBe(row.Ids("ids"), id);
                tokenizer.Encode(text, AddedTokenMode.SplitSpecial).ShouldBe(row.Ids(row.Has("ids_split_special") ? "ids_split_special" : "ids"), id);
                tokenizer.Encode(text, AddedTokenMode.Plain).ShouldBe(row.Ids(row.Has("ids_plain") ? "ids_plain" : "ids"), id);
                tokenizer.Decode(row.Ids("ids")).ShouldBe(row.Text("decoded"), id);
                tokenizer.Decode(row.Ids("ids"), skipSpecialTokens: true)
                    .ShouldBe(row.Text(row.Has("decoded_skip_special") ? "decoded_skip_special" : "decoded"), id);
                if (row.Has("tokens"))
                {
                    row.Ids("ids").Select(tokenizer.TokenOf).ShouldBe(row.Need("tokens").EnumerateArray().Select(token => token.GetString()), id);
                }
            });
        });
    }

    [Fact]
    public void Texts_are_cut_where_the_reference_cuts_them()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "pretokens.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(golden.Tokenizer);
            var vectors = Path.Combine(Path.GetDirectoryName(golden.Path)!, "vectors.jsonl");
            var texts = File.Exists(vectors) 
                ? Recorded.JsonLines(vectors).Where(row => row.Has("text")).DistinctBy(row => row.Id()).ToDictionary(row => row.Id(), row => row.Text("text"))
                : [];
            Recorded.Each(golden.Rows(), row =>
            {
                var normalized = row.Text("normalized");
                Nfc.Normalize(texts.GetValueOrDefault(row.Id(), normalized)).ShouldBe(normalized, row.Id());
                tokenizer.Pieces(normalized, AddedTokenMode.Plain).Select(piece => piece.Piece)
                    .ShouldBe(row.Need("pieces").EnumerateArray().Select(piece => piece.GetString()!), row.Id());
            });
        });
    }

    [Fact]
    public void Any_ids_decode_as_in_the_reference()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "decode.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(golden.Tokenizer);
            Recorded.Each(golden.Rows(), row =>
            {
                tokenizer.Decode(row.Ids("ids")).ShouldBe(row.Text("decoded"), row.GetRawText());
                if (row.Has("decoded_skip_special"))
                {
                    tokenizer.Decode(row.Ids("ids"), skipSpecialTokens: true).ShouldBe(row.Text("decoded_skip_special"), row.GetRawText());
                }
            });
        });
    }

    [Fact]
    public void Streaming_shows_each_character_as_soon_as_it_is_whole()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "streaming.jsonl"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(golden.Tokenizer);
            Recorded.Each(golden.Rows(), row =>
            {
                var decoder = tokenizer.StartDecoding();
                row.Ids("ids").Select(decoder.Append)
                    .ShouldBe(row.Need("utf8_steps").EnumerateArray().Select(step => step.GetString()!), row.GetRawText());
                decoder.Flush().ShouldBe(row.Text("utf8_flush"), row.GetRawText());
            });
        });
    }

    [Fact]
    public void Vocabulary_is_the_one_that_the_facts_state()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "facts.json"), golden =>
        {
            var tokenizer = TokenizerLoader.Load(golden.Tokenizer);
            using var facts = JsonDocument.Parse(File.ReadAllText(golden.Path));
            tokenizer.AddedTokens.Count.ShouldBe(facts.RootElement.Need("added_tokens").GetInt32());
            tokenizer.IdLimit.ShouldBe(facts.RootElement.Need("total_with_added").GetInt32());
            foreach (var token in facts.RootElement.Need("added").EnumerateObject())
            {
                tokenizer.AddedTokens[token.Name].Id.ShouldBe(token.Value.Need("id").GetInt32());
                tokenizer.AddedTokens[token.Name].Special.ShouldBe(token.Value.Need("special").GetBoolean());
            }
        });
    }

    [Fact]
    public void Characters_are_classed_as_in_the_reference_engine()
    {
        Recorded.Each(TokenizerCase.Find(Kind, "char_classes.json"), golden =>
        {
            using var classes = JsonDocument.Parse(File.ReadAllText(golden.Path));
            foreach (var property in classes.RootElement.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Array))
            {
                var expected = property.Name.Contains("\\p{L}") ? CharClass.Letter : property.Name.Contains("\\p{N}") ? CharClass.Number : CharClass.Space;
                var members = property.Value.EnumerateArray()
                    .SelectMany(range => Enumerable.Range(range[0].GetInt32(), range[1].GetInt32() - range[0].GetInt32() + 1)).ToHashSet();
                for (var codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
                {
                    if (codePoint is < 0xD800 or > 0xDFFF
                        && (CharClasses.At(char.ConvertFromUtf32(codePoint), 0, out _) == expected) != members.Contains(codePoint))
                    {
                        Assert.Fail($"U+{codePoint:X4} and {property.Name}");
                    }
                }
            }
        });
    }
}
