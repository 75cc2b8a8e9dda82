using GenAgent.Torch.Chat;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Sft.Conversations;

namespace GenAgent.Training.Sft;

/// <summary>
/// Turns conversations into ids as <see cref="TorchChatClient"/> would have fed and sampled them: what the model is given goes through the
/// chat template up to where it is to write, its own turn is its text's ids and the end of the turn. A conversation that kept its trace is
/// taken word for word, where the trace tells the same text in this tokenizer. Safe to call from several threads at once.
/// </summary>
internal sealed class ConversationEncoder(ITokenizer tokenizer, ImageProcessor processor, int fromRound, int maxTokens, ImageInput input = ImageInput.File)
{
    private readonly int _turnEnd = tokenizer.IdOf(QwenChatTemplate.TurnEnd);

    /// <summary>Encodes a conversation.</summary>
    /// <exception cref="InvalidDataException">It is too long, or holds what the model cannot take.</exception>
    public EncodedConversation Encode(Conversation conversation)
    {
        try
        {
            return EncodeUnnamed(conversation);
        }
        catch (InvalidDataException broken) when (conversation.Name.Length > 0)
        {
            throw new InvalidDataException($"{conversation.Name}: {broken.Message}", broken);
        }
    }

    private EncodedConversation EncodeUnnamed(Conversation conversation)
    {
        var (ids, learned, images) = Render(conversation);
        if (conversation.Trace is { } trace && TellsTheSame(trace.Ids, ids)) (ids, learned) = ([.. trace.Ids], OfTrace(trace, conversation));
        if (ids.Count > maxTokens)
            throw new InvalidDataException(
                $"A conversation has {ids.Count} tokens, but \"maxTokens\" is {maxTokens}: raise it, or leave such conversations out.");
        if (ids.Count > 0) learned[0] = false;
        return new EncodedConversation(new Qwen25VLSequence(ids, images), [.. learned], ids.IndexOf(_turnEnd) + 1);
    }

    private (List<int> Ids, List<bool> Learned, List<ImagePatches> Images) Render(Conversation conversation)
    {
        var (ids, learned, images) = (new List<int>(), new List<bool>(), new List<ImagePatches>());
        var given = new List<ConversationTurn>();
        var round = 0;

        // Turns behind the model's last one are left out, with their images: nothing is learned there.
        foreach (var turn in conversation.Turns)
        {
            if (!turn.IsAssistant)
            {
                given.Add(turn);
                continue;
            }

            ChatTurn[] shown = [.. given.Select(one => new ChatTurn(one.Role, [.. one.Parts.Select(part => Part(part, images))]))];
            ids.AddRange(QwenChatTemplate.RenderVision(shown, new ChatTemplateOptions { Continues = round > 0 }).Encode(tokenizer).Ids);
            learned.AddRange(Enumerable.Repeat(false, ids.Count - learned.Count));
            round++;
            tokenizer.Encode(TextOf(turn.Parts.Take(turn.Given)), ids, AddedTokenMode.SplitSpecial);
            learned.AddRange(Enumerable.Repeat(false, ids.Count - learned.Count));
            tokenizer.Encode(TextOf(turn.Parts.Skip(turn.Given)), ids, AddedTokenMode.SplitSpecial);
            if (!turn.Unfinished) ids.Add(_turnEnd);
            learned.AddRange(Enumerable.Repeat(turn.Learned && round >= fromRound, ids.Count - learned.Count));
            given.Clear();
        }

        return (ids, learned, images);
    }

    // A trace may cut words otherwise than the tokenizer would, and may lack the end of its last turn; it may not tell another story.
    private bool TellsTheSame(IReadOnlyList<int> trace, List<int> rendered) =>
        trace.Count > 0 && trace.All(id => id >= 0 && id < tokenizer.IdLimit)
        && string.Equals(tokenizer.Decode(WithoutEnd(trace)), tokenizer.Decode(WithoutEnd(rendered)), StringComparison.Ordinal);

    private IEnumerable<int> WithoutEnd(IReadOnlyList<int> ids) => ids.Count > 0 && ids[^1] == _turnEnd ? ids.Take(ids.Count - 1) : ids;

    private List<bool> OfTrace(Trajectories.TokenTrace trace, Conversation conversation)
    {
        bool[] turns = [.. conversation.Turns.Where(turn => turn.IsAssistant).Select(turn => turn.Learned)];
        var learned = new List<bool>(trace.Ids.Count);
        var round = 0;
        for (var i = 0; i < trace.Ids.Count; i++)
        {
            if (trace.Sampled[i] && (i == 0 || !trace.Sampled[i - 1])) round++;
            learned.Add(trace.Sampled[i] && round >= fromRound && round <= turns.Length && turns[round - 1]);
        }

        return learned;
    }

    private ChatPart Part(ConversationPart part, List<ImagePatches> images)
    {
        if (part is ConversationText text) return new TextPart(text.Text);
        var image = part switch
        {
            ConversationFile file => Process(file),
            ConversationPixels { Image: var pixels } => processor.Process(new RgbImage(pixels.Width, pixels.Height, pixels.Pixels)),
            _ => throw new InvalidDataException($"A turn holds {part.GetType().Name}, which is neither text nor an image."),
        };
        images.Add(image);
        return new ImagePart(image.Grid.Features(processor.Options.MergeSize));
    }

    private ImagePatches Process(ConversationFile file)
    {
        try
        {
            return processor.Process(file.Encoded, input);
        }
        catch (Exception broken) when (broken is InvalidDataException or ArgumentException && file.Name.Length > 0)
        {
            throw new InvalidDataException($"Image {file.Name}: {broken.Message}", broken);
        }
    }

    private static string TextOf(IEnumerable<ConversationPart> parts) => string.Concat(parts.Select(part =>
        part is ConversationText text ? text.Text : throw new InvalidDataException("A turn of the assistant holds an image; the model writes text alone.")));
}
