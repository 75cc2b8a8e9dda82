using System.Text.Json;
using GenAgent.TestKit.Golden;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Tests.Tokenizers;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Chat;

public sealed class QwenChatTemplateGoldenTests
{
    [Fact]
    public void Conversations_are_written_and_tokenised_as_in_the_reference()
    {
        var files = GoldenRoot.Files("renders.jsonl");
        Assert.SkipWhen(files.Count == 0 && !GoldenRoot.IsDefault, "no renders under this root");
        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            var tokenizer = TokenizerLoader.Load(TokenizerCase.HomeOf("qwen2_5", Path.GetFullPath(Path.Combine(file, "..", "..", "tokenizers", "qwen2_5"))));
            foreach (var row in Jsonl.Read(file).Where(row => row.Text("template") == "vl"))
            {
                var id = row.Text("id");
                var chat = Render(row, [.. Turns(row, pads: null)]);
                var tokens = chat.Encode(tokenizer, AddedTokenMode.Parse);

                chat.Text.ShouldBe(row.Text("rendered"), id);
                tokens.Ids.ShouldBe(row.Ids("ids"), id);
                tokens.AssistantSpans.ShouldBe(
                    row.GetProperty("assistant_token_spans").EnumerateArray().Select(span => span[0].GetInt32()..span[1].GetInt32()), id);
                if (row.Has("pads_per_image"))
                {
                    var expanded = Render(row, [.. Turns(row, new Queue<int>(row.Ids("pads_per_image")))]).Encode(tokenizer, AddedTokenMode.Parse);
                    expanded.Ids.Count.ShouldBe(row.GetProperty("expanded_length").GetInt32(), id);
                    expanded.Ids.ShouldBe(row.Has("expanded_ids") ? row.Ids("expanded_ids") : expanded.Ids, id);
                }
            }
        }
    }

    private static RenderedChat Render(JsonElement row, List<ChatTurn> turns)
    {
        var options = new ChatTemplateOptions
        {
            AddGenerationPrompt = row.GetProperty("add_generation_prompt").GetBoolean(),
            AddVisionId = row.GetProperty("add_vision_id").GetBoolean(),
        };
        return QwenChatTemplate.RenderVision(turns, options);
    }

    private static IEnumerable<ChatTurn> Turns(JsonElement row, Queue<int>? pads)
    {
        foreach (var message in row.GetProperty("messages").EnumerateArray())
        {
            var content = message.GetProperty("content");
            IEnumerable<ChatPart> parts = content.ValueKind == JsonValueKind.String
                ? [new TextPart(content.GetString()!)]
                : content.EnumerateArray()
                    .Select(part => part.Text("type") == "image" ? new ImagePart(pads?.Dequeue() ?? 1) : (ChatPart)new TextPart(part.Text("text")));
            yield return new ChatTurn(message.Text("role"), [.. parts]);
        }
    }
}
