using GenAgent.Protocol;

namespace GenAgent.Dialects;

/// <summary>
/// The conventions between an agent and its model: the tools and their names, the start of the conversation, the format of a turn, the history, and the end
/// of a run. Models of different origin use different dialects; the loop, trajectories and trainers only see turns. Immutable. A new dialect is a new
/// value: one file, and one line in <see cref="All"/>.
/// </summary>
/// <param name="Name">The name in flags, options and <c>agent.json</c>: lower case, for instance <c>genagent-v1</c>.</param>
public sealed record Dialect(string Name)
{
    /// <summary>GenAgent's own dialect, and the default: calls and answers are text in tags, and a judgment ends with its verdict on a line.</summary>
    public static Dialect Default => GenAgentDialect.Value;

    /// <summary>For services with native function calls: tools and calls are separate from the text.</summary>
    public static Dialect Native => NativeDialect.Value;

    /// <summary>The paper authors' first release: it generates only.</summary>
    public static Dialect GenAgentV1 => OfficialDialects.V1;

    /// <summary>The paper authors' second release: it generates and edits.</summary>
    public static Dialect GenAgentV2 => OfficialDialects.V2;

    /// <summary>All dialects.</summary>
    public static IReadOnlyList<Dialect> All => [Default, Native, GenAgentV1, GenAgentV2];

    /// <summary>The default instructions before the tools in the system turn, for models without instructions of their own.</summary>
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

    /// <summary>The text before the user's prompt in the first user turn.</summary>
    public string PromptPrefix { get; init; } = string.Empty;

    /// <summary>Whether a first user turn without images is sent as a list with one text part; otherwise it is sent as plain text.</summary>
    public bool OpeningInParts { get; init; }

    /// <summary>The order in which the model writes a turn's sections. Writing uses this order; reading accepts any.</summary>
    public IReadOnlyList<TurnSection> Order { get; init; } = [TurnSection.Judgment, TurnSection.Thought, TurnSection.Call, TurnSection.Answer];

    /// <summary>What decides whether a judgment passes an image.</summary>
    public VerdictRule Verdict { get; init; } = VerdictRule.LastLine;

    /// <summary>The text that stands before a tool's result.</summary>
    public string ResponseOpen { get; init; } = "<tool_response>\n";

    /// <summary>The text that stands after a tool's result.</summary>
    public string ResponseClose { get; init; } = "\n</tool_response>";

    /// <summary>Whether the backend is asked to stop at the end of a call. It then omits the closing tag, and reading restores it.</summary>
    public bool StopsAtCallEnd { get; init; }

    /// <summary>Whether the history holds a call that was stopped with its closing tag; otherwise it holds what the backend returned.</summary>
    public bool ClosesHistory { get; init; }

    /// <summary>
    /// Number of attempts at a conversation, 1 or more. With 1 the model is informed of a fault and continues. With more, a fault ends the conversation,
    /// and the next attempt begins at the first user turn.
    /// </summary>
    public int Tries { get; init; } = 1;

    /// <summary>Whether to generate from the user's own prompt after all attempts failed.</summary>
    public bool FallsBackToPrompt { get; init; }

    /// <summary>Whether the run ends with its last allowed image; otherwise the model still judges it and answers.</summary>
    public bool EndsWithLastImage { get; init; }

    /// <summary>Maximum number of image rounds, 1 to 100, if neither the model's profile nor the options set one; null for no value.</summary>
    public int? MaxRounds { get; init; }

    /// <summary>The most turns of one conversation, 1 or more; null for no limit of the dialect's own.</summary>
    public int? MaxTurns { get; init; }

    /// <summary>Width and height of the images in pixels; null for the generator's own size.</summary>
    public int? ImageSide { get; init; }

    /// <summary>Sampling temperature, 0 to 2; null for the backend's own.</summary>
    public float? Temperature { get; init; }

    /// <summary>The dialect of that name, regardless of case; null if there is none.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The dialect, or null.</returns>
    public static Dialect? Find(string? name) => All.FirstOrDefault(dialect => dialect.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The error text with the known names.</summary>
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
