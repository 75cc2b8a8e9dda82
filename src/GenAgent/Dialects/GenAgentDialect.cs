namespace GenAgent.Dialects;

/// <summary>GenAgent's own dialect.</summary>
internal static class GenAgentDialect
{
    internal const string Task =
        """
        You make the image that the user asks for. You do not draw: you call generate_image with a prompt of your own, and the image comes back in the next user turn. Images are numbered from 1 in the order in which they come.
        """;

    internal static readonly ToolWording Generate = new("generate_image", "Generate an image from a text prompt.", "prompt", "What to draw");

    internal static readonly ToolWording Edit = new(
        "edit_image", "Change an earlier image by an instruction.", "instruction", "What to change, and what must stay as it is") { ImageArgument = "image" };

    private const string Form =
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

    public static Dialect Value { get; } = new("genagent") { Instructions = $"{Task}\n\n{Form}", Generate = Generate, Edit = Edit };
}
