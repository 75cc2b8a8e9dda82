using System.Text.Json;
using GenAgent.Dialects;
using GenAgent.Protocol;
using GenAgent.TestKit.Golden;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Protocol;

public sealed class SystemTurnTests
{
    private const string TextTemplatesDefault = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

    /// <summary>Every recorded rendering of a conversation with tools, by the reference's own template.</summary>
    public static TheoryData<string> Renderings()
    {
        var rows = new TheoryData<string>();
        foreach (var line in GoldenRoot.Files("renders.jsonl").SelectMany(File.ReadLines).Where(IsOfFunctions))
        {
            rows.Add(line);
        }

        if (GoldenRoot.IsDefault)
        {
            rows.Count.ShouldBeGreaterThan(5);
        }

        if (rows.Count == 0) rows.Add(string.Empty);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Renderings))]
    public void Tools_are_rendered_to_the_letter_as_the_chat_template_of_Qwen_does(string row)
    {
        Recorded.SkipNone(row);
        using var document = JsonDocument.Parse(row);
        var first = document.RootElement.Need("messages")[0];
        var system = first.GetProperty("role").GetString() == "system" ? first.GetProperty("content").GetString()! : TextTemplatesDefault;
        var tools = document.RootElement.Find("tools");
        if (tools.ValueKind == JsonValueKind.Array)
        {
            var rendered = SystemTurn.Render(system, Declare(tools.EnumerateArray()));
            document.RootElement.Need("rendered").GetString().ShouldStartWith($"<|im_start|>system\n{rendered}<|im_end|>\n");
        }
        else
        {
            var block = system[(system.LastIndexOf("<tools>\n", StringComparison.Ordinal) + 8)..system.LastIndexOf("\n</tools>", StringComparison.Ordinal)];
            var declared = block.Split('\n').Select(line => JsonDocument.Parse(line).RootElement);
            SystemTurn.Render(system[..system.IndexOf("\n\n# Tools", StringComparison.Ordinal)], Declare(declared)).ShouldBe(system);
        }
    }

    [Fact]
    public void The_agents_own_tool_is_offered_with_the_schema_it_is_checked_by() =>
        SystemTurn.Render("Paint.", [Dialect.Default.Generate.Declaration]).ShouldContain(
            """
            <tools>
            {"type": "function", "function": {"name": "generate_image", "description": "Generate an image from a text prompt.", "parameters": {"type": "object", "properties": {"prompt": {"type": "string", "description": "What to draw"}}, "required": ["prompt"]}}}
            </tools>
            """);

    [Fact]
    public void With_native_calls_the_backend_renders_the_tools()
    {
        SystemTurn.Render("Paint.", [Dialect.Native.Generate.Declaration], Dialect.Native).ShouldBe("Paint.");
        Dialect.Native.Instructions.ShouldNotContain("<tool_call>");
    }

    [Fact]
    public void The_default_instructions_show_turns_that_the_parser_accepts()
    {
        var instructions = Dialect.Default.Instructions;
        foreach (var (start, end) in new[] { ("<think>reasoning", "</tool_call>"), ("<judge>", "</tool_call>"), ("verdict: pass</judge>", "</answer>") })
        {
            var from = instructions.IndexOf(start, StringComparison.Ordinal);
            var example = instructions[from..(instructions.IndexOf(end, from, StringComparison.Ordinal) + end.Length)];
            TurnParser.Parse(example.StartsWith("verdict", StringComparison.Ordinal) ? "<judge>" + example : example).Fault.ShouldBeNull();
        }
    }

    // A schema's numbers, as Python's repr writes them.
    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("3.50", "3.5")]
    [InlineData("1E-7", "1e-07")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("0.00001", "1e-05")]
    [InlineData("1e22", "1e+22")]
    [InlineData("1.5e300", "1.5e+300")]
    [InlineData("1e15", "1000000000000000.0")]
    [InlineData("1e16", "1e+16")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("0.1", "0.1")]
    [InlineData("123.456", "123.456")]
    [InlineData("0.30000000000000004", "0.30000000000000004")]
    [InlineData("123456789012345678", "123456789012345678")]
    [InlineData("[true, null, \"\\u0001\\b\\f\\n\\r\\t/<>&'é\"]", "[true, null, \"\\u0001\\b\\f\\n\\r\\t/<>&'é\"]")]
    [InlineData("{ \"a\" : { } , \"b\":[ ] }", "{\"a\": {}, \"b\": []}")]
    public void Json_is_dumped_as_Python_dumps_it(string json, string expected)
    {
        using var document = JsonDocument.Parse(json);
        PythonJson.Write(document.RootElement).ShouldBe(expected);
    }

    // Tools that are not functions with name, description and parameters are nothing that an agent offers.
    private static bool IsOfFunctions(string line)
    {
        if (!line.Contains("<tools>", StringComparison.Ordinal))
        {
            return false;
        }

        using var row = JsonDocument.Parse(line);
        var tools = row.RootElement.Find("tools");
        var opening = row.RootElement.FindAll("messages").FirstOrDefault().Find("content");
        if (tools.ValueKind != JsonValueKind.Array && (opening.ValueKind != JsonValueKind.String || !opening.GetString()!.Contains("<tools>\n"))) return false;
        return tools.ValueKind != JsonValueKind.Array || tools.EnumerateArray().All(tool =>
            tool.EnumerateObject().Select(member => member.Name).SequenceEqual(["type", "function"])
            && tool.GetProperty("function").EnumerateObject().Select(member => member.Name).SequenceEqual(["name", "description", "parameters"]));
    }

    private static IEnumerable<AIFunctionDeclaration> Declare(IEnumerable<JsonElement> tools) =>
        tools.Select(tool => tool.GetProperty("function")).Select(function => AIFunctionFactory.CreateDeclaration(
            function.GetProperty("name").GetString()!, function.GetProperty("description").GetString()!, function.GetProperty("parameters")));
}
