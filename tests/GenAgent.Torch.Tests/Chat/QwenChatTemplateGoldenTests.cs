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
        Recorded.Each(files, file =>
        {
            var tokenizer = TokenizerLoader.Load(TokenizerCase.HomeOf("qwen2_5", Path.GetFullPath(Path.Combine(file, "..", "..", "tokenizers", "qwen2_5"))));
            Recorded.Each(Recorded.JsonLines(file).Where(row => row.Has("template") && row.Text("template") == "vl"), row =>
            {
                var id = row.Id();
                var chat = Render(row, [.. Turns(row, pads: null)]);
                var tokens = chat.Encode(tokenizer, AddedTokenMode.Parse);

                if (row.Has("rendered")) chat.Text.ShouldBe(row.Text("rendered"), id);
                tokens.Ids.ShouldBe(row.Ids("ids"), id);
                tokens.AssistantSpans.ShouldBe(
                    row.Need("assistant_token_spans").EnumerateArray().Select(span => span[0].GetInt32()..span[1].GetInt32()), id);
                if (row.Has("pads_per_image"))
                {
                    var expanded = Render(row, [.. Turns(row, new Queue<int>(row.Ids("pads_per_image")))]).Encode(tokenizer, AddedTokenMode.Parse);
                    expanded.Ids.Count.ShouldBe(row.Need("expanded_length").GetInt32(), id);
                    expanded.Ids.ShouldBe(row.Has("expanded_ids") ? row.Ids("expanded_ids") : expanded.Ids, id);
                }
            });
        });
    }

    private static RenderedChat Render(JsonElement row, List<ChatTurn> turns)
    {
        var options = new ChatTemplateOptions
        {
            AddGenerationPrompt = row.Need("add_generation_prompt").GetBoolean(),
            AddVisionId = row.Find("add_vision_id").ValueKind == JsonValueKind.True,
        };
        return QwenChatTemplate.RenderVision(turns, options);
    }

    private static IEnumerable<ChatTurn> Turns(JsonElement row, Queue<int>? pads)
    {
        foreach (var message in row.Need("messages").EnumerateArray())
        {
            var content = message.Need("content");
            IEnumerable<ChatPart> parts = content.ValueKind == JsonValueKind.String
                ? [new TextPart(content.GetString()!)]
                : content.EnumerateArray()
                    .Select(part => part.Text("type") == "image" ? new ImagePart(pads?.Dequeue() ?? 1) : (ChatPart)new TextPart(part.Text("text")));
            yield return new ChatTurn(message.Text("role"), [.. parts]);
        }
    }
}
