using CsCheck;
using GenAgent.Agents;
using GenAgent.Dialects;
using GenAgent.Tests.Agents;

namespace GenAgent.Tests.Dialects;

public sealed class InstructionsFileTests
{
    [Theory]
    [InlineData("SYSTEM_PROMPT = \"\"\"One\nTwo\"\"\"\n", "One\nTwo")]
    [InlineData("import os\r\nSYSTEM_PROMPT: str = '''It's \"here\"'''\r\n", "It's \"here\"")]
    [InlineData("# SYSTEM_PROMPT = \"\"\"no\"\"\"\nSYSTEM_PROMPT=(\n  \"\"\"\\\na\\tb\\n\\x41\\u00e9\\101\\\"\\q\"\"\"\n)", "a\tb\nA\u00e9A\"\\q")]
    [InlineData("SYSTEM_PROMPT = r\"\"\"\\n \\\"\"\" x\"\"\"", "\\n \\\"\"\" x")]
    [InlineData("OTHER = \"\"\"SYSTEM_PROMPT\"\"\"\nSYSTEM_PROMPT = \"\"\"{\"name\": \"f\"}\"\"\".strip()", "{\"name\": \"f\"}")]
    public void The_text_of_a_python_file_is_what_python_makes_of_its_literal(string source, string expected) => Read("prompt.py", source).ShouldBe(expected);

    [Theory]
    [InlineData("prompt = 1", "no triple-quoted text is assigned to SYSTEM_PROMPT")]
    [InlineData("SYSTEM_PROMPT = f\"\"\"{x}\"\"\"", "known only to Python: copy the text into a text file")]
    [InlineData("SYSTEM_PROMPT = \"\"\"never ends", "has no closing \"\"\"")]
    [InlineData("SYSTEM_PROMPT = \"\"\" \n\"\"\"", "holds no instructions")]
    public void A_python_file_without_such_a_text_is_told_what_is_wrong_with_it(string source, string why) =>
        Should.Throw<InvalidDataException>(() => Read("prompt.py", source)).Message.ShouldContain(why);

    [Fact]
    public void Any_text_that_is_written_as_a_literal_is_read_as_the_same_text() =>
        Gen.OneOf(Gen.Const("\\"), Gen.Const("\""), Gen.Const("'"), Gen.Const("\n"), Gen.Char[' ', '~'].Select(letter => letter.ToString()), Gen.Const("é编"))
            .Array[1, 30].Select(string.Concat).Sample(text =>
            {
                var literal = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
                PythonVariable.Read($"SYSTEM_PROMPT = \"\"\"{literal}\"\"\"", "SYSTEM_PROMPT", out var problem).ShouldBe(text);
                problem.ShouldBeEmpty();
            });

    [Fact]
    public async Task A_text_with_its_own_list_of_tools_is_the_whole_system_turn()
    {
        const string Text = "Draw.\n<tools>\n{\"name\": \"image_generation_tool\"}\n</tools>\nNow.";
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "prompt.txt");
        await File.WriteAllTextAsync(file, Text + "\n", TestContext.Current.CancellationToken);
        var model = new ScriptedModel(
            "<think>a</think><tool_call>{\"name\": \"image_generation_tool\", \"arguments\": {\"caption\": \"b\"}}",
            "<judge>fine</judge><answer>done</answer>");
        using var agent = new ImageAgent(model, new SeededGenerator(), new ImageAgentOptions { Dialect = "genagent-v1", InstructionsFile = file });

        var result = await agent.RunAsync("a circle", TestContext.Current.CancellationToken);

        model.Requests[0].Messages[0].Text.ShouldBe(Text);
        result.Trajectory.Instructions.ShouldBe(Text);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Should.Throw<FileNotFoundException>(
            () => new ImageAgent(new ScriptedModel("x"), new SeededGenerator(), new ImageAgentOptions { InstructionsFile = "/no/such.txt" }))
            .Message.ShouldContain("Agent:InstructionsFile: there is no file /no/such.txt");

    private static string Read(string name, string content)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, name);
        File.WriteAllText(file, content);
        return InstructionsFile.Read(file);
    }
}
