using System.Text;
using GenAgent.Dialects;

namespace GenAgent.Protocol;

/// <summary>Writes turns as text that <see cref="TurnParser"/> reads, for scripted teachers and training data.</summary>
public static class TurnText
{
    /// <summary>The turn as a model writes it where calls are text; parsed again in the same dialect, it gives the same turn.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="dialect">How agent and model talk; null for the default.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentException">The turn has neither call nor answer, or both, or one of its texts holds a tag of the protocol.</exception>
    public static string Write(AgentTurn turn, Dialect? dialect = null) =>
        TryWrite(turn, out var fault, dialect)
        ?? throw new ArgumentException($"The turn cannot be written: {fault!.Reason} (at character {fault.Position})", nameof(turn));

    /// <summary>Like <see cref="Write"/>, but returns null instead of throwing.</summary>
    internal static string? TryWrite(AgentTurn turn, out TurnFault? fault, Dialect? dialect = null)
    {
        dialect ??= Dialect.Default;
        var text = new StringBuilder();
        foreach (var section in dialect.Order)
        {
            if (Content(turn, section, dialect) is { } content)
            {
                text.Append(text.Length > 0 ? "\n" : string.Empty).Append(ProtocolTag.Open(section)).Append(content).Append(ProtocolTag.Close(section));
            }
        }

        var written = text.ToString();
        fault = TurnParser.Parse(written, dialect).Fault;
        return fault is null ? written : null;
    }

    /// <summary>A call of <c>generate_image</c>.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The call.</returns>
    public static ToolCall GenerateImage(string prompt) => Dialect.Default.Generate.Call(prompt);

    private static string? Content(AgentTurn turn, TurnSection section, Dialect dialect) => section switch
    {
        TurnSection.Judgment when turn.Judgment is { } judgment && dialect.Verdict == VerdictRule.LastLine =>
            $"{judgment.Text}{(judgment.Text.Length > 0 ? "\n" : string.Empty)}{VerdictLine.Write(judgment.Verdict)}",
        TurnSection.Judgment => turn.Judgment?.Text,
        TurnSection.Thought => turn.Thought,
        TurnSection.Call when turn.Call is { } call => $"\n{{\"name\": {PythonJson.Quote(call.Name)}, \"arguments\": {call.Arguments}}}\n",
        TurnSection.Answer => turn.Answer,
        _ => null,
    };
}
