using GenAgent.Protocol;
using static GenAgent.Torch.Chat.RenderedChat;

namespace GenAgent.Torch.Chat;

/// <summary>Writes conversations out as the chat templates of Qwen2.5-VL and Qwen2.5 do, to the letter.</summary>
/// <remarks>Source: the <c>chat_template</c> of both models' tokenizer configuration.</remarks>
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
    private const string TextSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

    private const string ToolsHead =
        "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        + "You are provided with function signatures within <tools></tools> XML tags:\n<tools>";

    private const string ToolsTail =
        "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n"
        + "<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";

    /// <summary>Qwen2.5-VL's template: any roles, text and pictures. It knows no tools: they are part of the system turn's text.</summary>
    /// <exception cref="ArgumentException">A turn holds tool calls, or the options name tools.</exception>
    public static RenderedChat RenderVision(IReadOnlyList<ChatTurn> turns, ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(turns);
        options ??= new ChatTemplateOptions();
        if (options.Tools.Count > 0 || turns.Any(turn => turn.ToolCalls.Count > 0))
        {
            throw new ArgumentException("The vision template knows no tools: write them into the system turn's text, and calls into the assistant's.", nameof(turns));
        }

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
                else
                {
                    chat.Append(TextOf(part));
                }
            }

            End(chat);
        }

        return Finish(chat, options);
    }

    /// <summary>Qwen2.5's text template, with tools.</summary>
    /// <exception cref="ArgumentException">A turn holds a picture.</exception>
    public static RenderedChat RenderText(IReadOnlyList<ChatTurn> turns, ChatTemplateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(turns);
        options ??= new ChatTemplateOptions();
        var chat = Start(options);
        var first = 0;
        if (!options.Continues)
        {
            first = turns.Count > 0 && IsRole(turns[0], "system") ? 1 : 0;
            Header(chat, "system").Append(first == 1 ? TextOf(turns[0]) : TextSystem);
            AppendTools(chat, options);
            End(chat);
        }

        for (var i = first; i < turns.Count; i++)
        {
            AppendTurn(chat, turns, i);
        }

        return Finish(chat, options);
    }

    private static void AppendTools(Builder chat, ChatTemplateOptions options)
    {
        if (options.Tools.Count == 0)
        {
            return;
        }

        chat.Append(ToolsHead);
        foreach (var tool in options.Tools)
        {
            chat.Append("\n").Append(PythonJson.Write(tool));
        }

        chat.Append(ToolsTail);
    }

    private static void AppendTurn(Builder chat, IReadOnlyList<ChatTurn> turns, int index)
    {
        var turn = turns[index];
        switch (turn.Role)
        {
            case "tool":
                // Neighbouring results share one user turn.
                if (index == 0 || !IsRole(turns[index - 1], "tool"))
                {
                    chat.Control(TurnStart).Append("user");
                }

                chat.Append($"\n<tool_response>\n{TextOf(turn)}\n</tool_response>");
                if (index == turns.Count - 1 || !IsRole(turns[index + 1], "tool"))
                {
                    End(chat);
                }

                break;
            case "assistant" when turn.ToolCalls.Count > 0:
                chat.Control(TurnStart).Append("assistant").BeginSpan();
                chat.Append(TextOf(turn) is { Length: > 0 } content ? "\n" + content : "");
                foreach (var call in turn.ToolCalls)
                {
                    chat.Append($"\n<tool_call>\n{{\"name\": \"{call.Name}\", \"arguments\": {PythonJson.Write(call.Arguments)}}}\n</tool_call>");
                }

                End(chat);
                break;
            case "system" or "user" or "assistant":
                // Here the assistant's output begins with the line end after its name, as in the reference's training template.
                BeginOutput(chat.Control(TurnStart).Append(turn.Role), turn);
                End(chat.Append("\n").Append(TextOf(turn)));
                break;
            default:
                throw new ArgumentException($"The text template has no role \"{turn.Role}\".", nameof(turns));
        }
    }

    private static Builder Start(ChatTemplateOptions options) => new Builder().Append(options.Continues ? "\n" : "");

    private static Builder Header(Builder chat, string role) => chat.Control(TurnStart).Append(role).Append("\n");

    // The reference's training templates count the content and the end of the turn as output.
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

    private static string TextOf(ChatTurn turn) => string.Concat(turn.Content.Select(TextOf));

    private static string TextOf(ChatPart part) =>
        part is TextPart text ? text.Text : throw new ArgumentException("The text template has no place for pictures: use the vision template.", nameof(part));
}
