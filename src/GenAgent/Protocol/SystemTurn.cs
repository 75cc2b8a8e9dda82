using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace GenAgent.Protocol;

/// <summary>The system turn: what the model's task is, how it speaks, and which tools it has.</summary>
public static class SystemTurn
{
    /// <summary>What Qwen2.5-VL's template says where nobody says anything.</summary>
    internal const string QwenDefault = "You are a helpful assistant.";

    private const string Task =
        """
        You make the image that the user asks for. You do not draw: you call generate_image with a prompt of your own, and the image comes back in the next user turn. Images are numbered from 1 in the order in which they come.
        """;

    private const string TagForm =
        """
        Before the first image, think what the request really demands, then call:
        <think>reasoning and plan</think>
        <tool_call>
        {"name": "generate_image", "arguments": {"prompt": "a full description of the image"}}
        </tool_call>

        After each image, look at it and judge it against the request, then either try again:
        <judge>what the image shows against what was asked
        verdict: fail</judge>
        <think>why it falls short, and what to change</think>
        <tool_call>
        {"name": "generate_image", "arguments": {"prompt": "a better description"}}
        </tool_call>
        or finish, naming the best image:
        <judge>what the image shows against what was asked
        verdict: pass</judge>
        <answer>image 1</answer>

        Make one call a turn, and write nothing outside of the tags.
        """;

    private const string NativeForm =
        """
        Before the first image, think what the request really demands, then call generate_image.

        After each image, look at it and judge it against the request:
        <judge>what the image shows against what was asked
        verdict: fail</judge>
        then say why it falls short and what to change, and call generate_image with a better prompt. Or finish, naming the best image:
        <judge>what the image shows against what was asked
        verdict: pass</judge>
        <answer>image 1</answer>

        Make one call a turn.
        """;

    /// <summary>The instructions that an agent gives its model unless its options say otherwise.</summary>
    public static string DefaultInstructions(CallStyle style) => $"{Task}\n\n{(style == CallStyle.Tags ? TagForm : NativeForm)}";

    /// <summary>
    /// The system turn's text. With <see cref="CallStyle.Tags"/> the tools follow the instructions, to the letter as Qwen2.5's chat
    /// template renders them; with <see cref="CallStyle.Native"/> the backend renders them itself.
    /// </summary>
    public static string Render(string instructions, IEnumerable<AIFunctionDeclaration> tools, CallStyle style)
    {
        if (style == CallStyle.Native)
        {
            return instructions;
        }

        return Render(instructions, tools.Select(tool => $"{{\"type\": \"function\", \"function\": {{\"name\": {PythonJson.Quote(tool.Name)}, \"description\": {PythonJson.Quote(tool.Description)}, "
            + $"\"parameters\": {PythonJson.Write(tool.JsonSchema)}}}}}"));
    }

    /// <summary>The same for tools as a data set keeps them: each as OpenAI's <c>tools</c> has it, or only its function.</summary>
    internal static string Render(string instructions, IEnumerable<JsonElement> tools) => Render(instructions, tools.Select(tool =>
        tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("type", out var type) && type.ValueEquals("function")
            ? PythonJson.Write(tool)
            : $"{{\"type\": \"function\", \"function\": {PythonJson.Write(tool)}}}"));

    private static string Render(string instructions, IEnumerable<string> tools)
    {
        var text = new StringBuilder(instructions).Append(
            "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
            + "You are provided with function signatures within <tools></tools> XML tags:\n<tools>");
        foreach (var tool in tools) text.Append('\n').Append(tool);

        return text.Append(
            "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n"
            + "<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>").ToString();
    }
}
