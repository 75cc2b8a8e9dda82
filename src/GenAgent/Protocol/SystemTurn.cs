using System.Text;
using System.Text.Json;
using GenAgent.Dialects;
using Microsoft.Extensions.AI;

namespace GenAgent.Protocol;

/// <summary>The system turn: the model's instructions and tools.</summary>
public static class SystemTurn
{
    /// <summary>The default system text of Qwen2.5-VL's template.</summary>
    internal const string QwenDefault = "You are a helpful assistant.";

    // Instructions that include a list of tools, like the paper authors', are a complete system turn.
    private const string ToolList = "<tools>";

    /// <summary>
    /// The system turn's text. If the model calls by tags, the tools follow the instructions exactly as Qwen2.5's chat template renders them. Instructions
    /// that list the tools themselves (<c>&lt;tools&gt;</c>), or whose backend renders the tools, are not changed.
    /// </summary>
    /// <param name="instructions">The text before the tools.</param>
    /// <param name="tools">The tools.</param>
    /// <param name="dialect">The dialect; null for <see cref="Dialect.Default"/>.</param>
    /// <returns>The text.</returns>
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

    /// <summary>The same for tools from a data set: each as in OpenAI's <c>tools</c>, or only its function.</summary>
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
