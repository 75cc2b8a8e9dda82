using GenAgent.Protocol;

namespace GenAgent.Dialects;

/// <summary>
/// How an agent and its model talk: which tools there are and what they are called, how the conversation begins, what a turn looks like, how the
/// history is kept, and when a run ends. Models trained by different people speak different dialects; the loop, trajectories and trainers only see turns.
/// Immutable. A new dialect is a new value: one file, and one line in <see cref="All"/>.
/// </summary>
/// <param name="Name">The name in flags, options and <c>agent.json</c>: lower case, for instance <c>genagent-v1</c>.</param>
public sealed record Dialect(string Name)
{
    /// <summary>GenAgent's own dialect, and the default: calls and answers are text in tags, and a judgment ends with a line that gives its verdict.</summary>
    public static Dialect Default => GenAgentDialect.Value;

    /// <summary>For services with function calls of their own: tools and calls travel beside the text.</summary>
    public static Dialect Native => NativeDialect.Value;

    /// <summary>The paper authors' first release: it generates only.</summary>
    public static Dialect GenAgentV1 => OfficialDialects.V1;

    /// <summary>The paper authors' second release: it generates and edits.</summary>
    public static Dialect GenAgentV2 => OfficialDialects.V2;

    /// <summary>All dialects.</summary>
    public static IReadOnlyList<Dialect> All => [Default, Native, GenAgentV1, GenAgentV2];

    /// <summary>What the system turn says before the tools, for a model whose own instructions nobody knows.</summary>
    public required string Instructions { get; init; }

    /// <summary>Whether tools and calls are text, or travel as the backend's function calls.</summary>
    public CallStyle CallStyle { get; init; } = CallStyle.Tags;

    /// <summary>Whether the system turn lists the tools as one JSON array; otherwise one tool a line, as Qwen2.5's chat template does.</summary>
    public bool ToolsAsArray { get; init; }

    /// <summary>The tool that generates an image.</summary>
    public required ToolWording Generate { get; init; }

    /// <summary>The tool that edits an image; null if the dialect has none.</summary>
    public ToolWording? Edit { get; init; }

    /// <summary>
    /// Whether the model knows exactly <see cref="Generate"/> and <see cref="Edit"/>: an agent then always offers both, and no others. Otherwise the model
    /// reads from the system turn which tools there are.
    /// </summary>
    public bool HasFixedTools { get; init; }

    /// <summary>What stands before the user's prompt in the first user turn.</summary>
    public string PromptPrefix { get; init; } = string.Empty;

    /// <summary>Whether a first user turn without images is sent as a list with one text part; otherwise it is sent as plain text.</summary>
    public bool OpeningInParts { get; init; }

    /// <summary>The order in which the model writes a turn's sections. Turns are written in it; reading does not insist on it.</summary>
    public IReadOnlyList<TurnSection> Order { get; init; } = [TurnSection.Judgment, TurnSection.Thought, TurnSection.Call, TurnSection.Answer];

    /// <summary>What decides whether a judgment passes an image.</summary>
    public VerdictRule Verdict { get; init; } = VerdictRule.LastLine;

    /// <summary>The text that stands before a tool's result.</summary>
    public string ResponseOpen { get; init; } = "<tool_response>\n";

    /// <summary>The text that stands after a tool's result.</summary>
    public string ResponseClose { get; init; } = "\n</tool_response>";

    /// <summary>Whether the backend is asked to stop at the end of a call. It then leaves the closing tag out, and reading puts it back.</summary>
    public bool StopsAtCallEnd { get; init; }

    /// <summary>Whether the history holds a call that was stopped with its closing tag; otherwise it holds what the backend returned.</summary>
    public bool ClosesHistory { get; init; }

    /// <summary>
    /// How many times a conversation is tried, 1 or more. With 1 the model is told of a fault and goes on. With more, a fault ends the conversation, and
    /// the next try begins at the first user turn.
    /// </summary>
    public int Tries { get; init; } = 1;

    /// <summary>Whether the generator is given the user's own prompt once all tries have failed.</summary>
    public bool FallsBackToPrompt { get; init; }

    /// <summary>Whether the run ends with the last image that it may make; otherwise the model still judges it and answers.</summary>
    public bool EndsWithLastImage { get; init; }

    /// <summary>The most rounds with an image; null if neither the model's profile nor the options say. 1 to 100.</summary>
    public int? MaxRounds { get; init; }

    /// <summary>The most turns of one conversation, 1 or more; null for no limit of the dialect's own.</summary>
    public int? MaxTurns { get; init; }

    /// <summary>Width and height of the images in pixels; null for the generator's own size.</summary>
    public int? ImageSide { get; init; }

    /// <summary>Sampling temperature, 0 to 2; null for the backend's own.</summary>
    public float? Temperature { get; init; }

    /// <summary>The dialect of that name, regardless of case; null if there is none.</summary>
    public static Dialect? Find(string? name) => All.FirstOrDefault(dialect => dialect.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Says which names there are, for an error.</summary>
    internal static string Unknown(string? name) => $"\"{name}\" is no dialect. Known: {string.Join(", ", All.Select(dialect => dialect.Name))}.";

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What decides whether a judgment passes an image.</summary>
public enum VerdictRule
{
    /// <summary>The judgment's last line: <c>verdict: pass</c> or <c>verdict: fail</c>.</summary>
    LastLine,

    /// <summary>What follows the judgment: an answer is a pass, a call is a fail.</summary>
    WhatFollows,
}
