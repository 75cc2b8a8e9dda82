using System.Text;
using System.Text.Json;
using GenAgent.Dialects;
using Microsoft.Extensions.AI;

namespace GenAgent.Protocol;

/// <summary>The system turn: what the model is told of its task, and which tools it has.</summary>
public static class SystemTurn
{
    /// <summary>What Qwen2.5-VL's template says where nobody says anything.</summary>
    internal const string QwenDefault = "You are a helpful assistant.";

    // Instructions that bring their own list of tools, as the paper authors' do, are a whole system turn.
    private const string ToolList = "<tools>";

    /// <summary>
    /// The system turn's text. Where the model calls by tags the tools follow the instructions, to the letter as Qwen2.5's chat template renders them;
    /// instructions that list the tools themselves (<c>&lt;tools&gt;</c>), and those of a model whose backend renders the tools, stay as they are.
    /// </summary>
    /// <param name="instructions">What stands before the tools.</param>
    /// <param name="tools">The tools.</param>
    /// <param name="dialect">The dialect; null for <see cref="Dialect.Default"/>.</param>
    public static string Render(string instructions, IEnumerable<AIFunctionDeclaration> tools, Dialect? dialect = null)
    {
        ArgumentNullException.ThrowIfNull(instructions);
        ArgumentNullException.ThrowIfNull(tools);
        if (dialect?.CallStyle == CallStyle.Native || instructions.Contains(ToolList, StringComparison.Ordinal))
        {
            return instructions;
        }

        var rendered = tools.Select(tool =>
            $"{{\"type\": \"function\", \"function\": {{\"name\": {PythonJson.Quote(tool.Name)}, \"description\": {PythonJson.Quote(tool.Description)}, "
            + $"\"parameters\": {PythonJson.Write(tool.JsonSchema)}}}}}");
        return Render(instructions, dialect?.ToolsAsArray == true ? [$"[{string.Join(", ", rendered)}]"] : rendered);
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
