namespace GenAgent.Tests.Agents;

/// <summary>Turns as a model writes them.</summary>
internal static class Turns
{
    public static string Call(string prompt, string thought = "Let me think.") =>
        $$$"""
        <think>{{{thought}}}</think>
        <tool_call>
        {"name": "generate_image", "arguments": {"prompt": "{{{prompt}}}"}}
        </tool_call>
        """;

    public static string Again(string prompt, string verdict = "fail") =>
        $"<judge>One circle is missing.\nverdict: {verdict}</judge>\n{Call(prompt, "One more circle.")}";

    public static string Answer(string text = "Done.", string verdict = "pass") =>
        $"<judge>All is there.\nverdict: {verdict}</judge>\n<answer>{text}</answer>";
}
