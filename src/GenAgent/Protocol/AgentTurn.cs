namespace GenAgent.Protocol;

/// <summary>A valid turn of the model: exactly one of <see cref="Call"/> and <see cref="Answer"/> is set.</summary>
/// <param name="Judgment">The model's judgment of the last image that it saw; null if there is none.</param>
/// <param name="Thought">Reasoning, plan, reflection; null if there is none.</param>
/// <param name="Call">The tool that is called.</param>
/// <param name="Answer">The closing words, which may name an image by its number.</param>
public sealed record AgentTurn(SelfJudgment? Judgment, string? Thought, ToolCall? Call, string? Answer);

/// <summary>The model's own judgment of an image that it was shown.</summary>
/// <param name="Text">The comparison of the image with the request, without the verdict's line.</param>
/// <param name="Verdict">The verdict.</param>
public sealed record SelfJudgment(string Text, Verdict Verdict);

/// <summary>Whether an image shows what was asked for.</summary>
public enum Verdict
{
    /// <summary>Something is missing or wrong.</summary>
    Fail,

    /// <summary>Everything that was asked for is there.</summary>
    Pass,
}

/// <summary>A call of a tool, well-formed but not yet checked against the tool's schema.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments: the text of a JSON object, as the model wrote it.</param>
/// <param name="Id">The backend's id of the call; null when the call came as text.</param>
public sealed record ToolCall(string Name, string Arguments, string? Id = null);
