using System.Text;

namespace GenAgent.Protocol;

/// <summary>Writes turns as text: what <see cref="TurnParser"/> reads, for teachers that are programs, and for training data.</summary>
public static class TurnText
{
    /// <summary>The turn as a model writes it with <see cref="CallStyle.Tags"/>; parsed again, it gives the same turn.</summary>
    /// <exception cref="ArgumentException">The turn has neither call nor answer, or both, or one of its texts holds a tag of the protocol.</exception>
    public static string Write(AgentTurn turn) =>
        TryWrite(turn, out var fault)
        ?? throw new ArgumentException($"The turn cannot be written: {fault!.Reason} (at character {fault.Position})", nameof(turn));

    /// <summary>The turn as <see cref="Write"/> writes it, or null where that would throw.</summary>
    internal static string? TryWrite(AgentTurn turn, out TurnFault? fault)
    {
        var text = new StringBuilder();
        if (turn.Judgment is { } judgment)
        {
            var separator = judgment.Text.Length > 0 ? "\n" : string.Empty;
            text.Append("<judge>").Append(judgment.Text).Append(separator).Append(VerdictLine.Write(judgment.Verdict)).Append("</judge>\n");
        }

        if (turn.Thought is { } thought)
        {
            text.Append("<think>").Append(thought).Append("</think>\n");
        }

        if (turn.Call is { } call)
        {
            text.Append("<tool_call>\n{\"name\": ");
            PythonJson.WriteString(text, call.Name).Append(", \"arguments\": ").Append(call.Arguments).Append("}\n</tool_call>");
        }

        if (turn.Answer is { } answer)
        {
            text.Append("<answer>").Append(answer).Append("</answer>");
        }

        var written = text.ToString();
        fault = TurnParser.Parse(written).Fault;
        return fault is null ? written : null;
    }

    /// <summary>A call of <c>generate_image</c>.</summary>
    public static ToolCall GenerateImage(string prompt) =>
        new(Tools.ImageTool.Name, PythonJson.WriteString(new StringBuilder("{\"prompt\": "), prompt).Append('}').ToString());
}
