using static GenAgent.Torch.Chat.RenderedChat;

namespace GenAgent.Torch.Chat;

/// <summary>Formats conversations exactly as the chat template of Qwen2.5-VL does.</summary>
/// <remarks>Source: the <c>chat_template</c> of the model's tokenizer configuration.</remarks>
public static class QwenChatTemplate
{
    /// <summary>Begins a turn.</summary>
    public const string TurnStart = "<|im_start|>";

    /// <summary>Ends a turn; a model stops at it.</summary>
    public const string TurnEnd = "<|im_end|>";

    /// <summary>Stands before a picture's pads.</summary>
    public const string VisionStart = "<|vision_start|>";

    /// <summary>Stands after a picture's pads.</summary>
    public const string VisionEnd = "<|vision_end|>";

    /// <summary>Stands for one image feature.</summary>
    public const string ImagePad = "<|image_pad|>";

    private const string VisionSystem = "You are a helpful assistant.";

    /// <summary>Qwen2.5-VL's template: any roles, text and pictures. It does not support tools: they are part of the system turn's text.</summary>
    /// <param name="turns">The conversation.</param>
    /// <param name="options">How it is laid out; null for the defaults.</param>
    /// <returns>Text with places for pictures.</returns>
    public static RenderedChat RenderVision(IReadOnlyList<ChatTurn> turns, ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(turns);
        options ??= new ChatTemplateOptions();
        var chat = Start(options);
        if (!options.Continues && turns.Count > 0 && !IsRole(turns[0], "system"))
        {
            End(Header(chat, "system").Append(VisionSystem));
        }

        var picture = options.PicturesBefore;
        foreach (var turn in turns)
        {
            Header(chat, turn.Role);
            BeginOutput(chat, turn);
            foreach (var part in turn.Content)
            {
                if (part is ImagePart image)
                {
                    picture++;
                    chat.Append(options.AddVisionId ? $"Picture {picture}: " : "").Control(VisionStart).Control(ImagePad, image.Pads).Control(VisionEnd);
                }
                else if (part is TextPart text)
                {
                    chat.Append(text.Text);
                }
            }

            End(chat);
        }

        return Finish(chat, options);
    }

    private static Builder Start(ChatTemplateOptions options) => new Builder().Append(options.Continues ? "\n" : "");

    private static Builder Header(Builder chat, string role) => chat.Control(TurnStart).Append(role).Append("\n");

    // As in the reference's training templates, the content and the end of the turn count as output.
    private static void BeginOutput(Builder chat, ChatTurn turn)
    {
        if (IsRole(turn, "assistant"))
        {
            chat.BeginSpan();
        }
    }

    private static void End(Builder chat) => chat.Control(TurnEnd).Append("\n").EndSpan();

    private static RenderedChat Finish(Builder chat, ChatTemplateOptions options) =>
        (options.AddGenerationPrompt ? Header(chat, "assistant") : chat).Build();

    private static bool IsRole(ChatTurn turn, string role) => string.Equals(turn.Role, role, StringComparison.Ordinal);
}
