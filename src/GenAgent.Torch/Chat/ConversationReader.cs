using System.Runtime.CompilerServices;
using GenAgent.Protocol;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Tokenizers;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Chat;

/// <summary>
/// Makes a conversation's ids. If an answer carries its trace, exactly the ids of the last trace are reused and only later messages are encoded; without a
/// trace the whole conversation is encoded. Safe to call from many tasks at once.
/// </summary>
internal sealed class ConversationReader(ITokenizer tokenizer, ImageProcessor processor, ImageInput input)
{
    // An agent sends the same images again with every turn: each object is prepared only once.
    private readonly ConditionalWeakTable<DataContent, ImagePatches> _prepared = [];

    /// <summary>Reads a conversation that the assistant continues.</summary>
    /// <exception cref="ArgumentException">A message has content that the model does not accept; the exception says which.</exception>
    public ReadConversation Read(IReadOnlyList<ChatMessage> messages)
    {
        var last = messages.Count - 1;
        while (last >= 0 && messages[last].GetTokenTrace() is null)
        {
            last--;
        }

        var trace = last >= 0 ? messages[last].GetTokenTrace() : null;
        var images = new List<DataContent>();
        for (var i = 0; i <= last; i++)
        {
            images.AddRange(messages[i].Contents.OfType<DataContent>().Where(IsImage));
        }

        var turns = messages.Skip(last + 1).Select(message => ToTurn(message, images)).ToList();
        var rendered = QwenChatTemplate.RenderVision(turns, new ChatTemplateOptions { Continues = trace is not null });
        int[] before = [.. trace?.Ids ?? []];
        int[] end = trace is null || before[^1] == tokenizer.IdOf(QwenChatTemplate.TurnEnd) ? [] : [tokenizer.IdOf(QwenChatTemplate.TurnEnd)];
        return new ReadConversation([.. before, .. end, .. rendered.Encode(tokenizer).Ids], [.. images.Select(Prepare)], trace) { Sources = images };
    }

    private static bool IsImage(DataContent content) => content.HasTopLevelMediaType("image");

    private ChatTurn ToTurn(ChatMessage message, List<DataContent> images)
    {
        // The tool role cannot hold images and the vision template has no tools, so a tool result becomes a user turn.
        var role = message.Role == ChatRole.Tool ? ChatRole.User : message.Role;
        return new ChatTurn(role.Value, [.. message.Contents.Select(content => ToPart(content, images)).OfType<ChatPart>()]);
    }

    private ChatPart? ToPart(AIContent content, List<DataContent> images)
    {
        switch (content)
        {
            case TextContent text:
                return new TextPart(text.Text);
            case TextReasoningContent reasoning:
                return new TextPart(reasoning.Text);
            case FunctionResultContent result:
                return new TextPart(ToolResponse.ShowText($"{result.Result}"));
            case DataContent data when IsImage(data):
                images.Add(data);
                return new ImagePart(Prepare(data).Grid.Features(processor.Options.MergeSize));
            case UsageContent:
                return null;
            default:
                throw new ArgumentException(
                    $"A message holds {(content is DataContent other ? $"data of type {other.MediaType}" : content.GetType().Name)}, which the model cannot "
                        + "take: text and images (as data) it can.", nameof(content));
        }
    }

    private ImagePatches Prepare(DataContent data) => _prepared.GetValue(data, one => processor.Process(one.Data, input));
}
