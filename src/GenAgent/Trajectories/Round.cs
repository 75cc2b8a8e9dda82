using System.Text.Json.Serialization;
using GenAgent.Protocol;

namespace GenAgent.Trajectories;

/// <summary>One turn of the model and its outcome: images, faults, or the run's end.</summary>
/// <param name="Index">From 0; the round's step in the path of seeds.</param>
/// <param name="Text">The turn's text, exactly as the model wrote it.</param>
public sealed record Round(int Index, string Text)
{
    /// <summary>The model's judgment of the last image that it saw.</summary>
    public SelfJudgment? Judgment { get; init; }

    /// <summary>The model's reasoning.</summary>
    public string? Thought { get; init; }

    /// <summary>The call of a tool, whichever it is; null in a turn that answers or is broken.</summary>
    public ToolCall? Call { get; init; }

    /// <summary>The answer's text; null in every turn but the last.</summary>
    public string? Answer { get; init; }

    /// <summary>The text that the tool returned; null for a tool that returns images.</summary>
    public string? ToolText { get; init; }

    /// <summary>The generator's request; null if the call did not reach the generator.</summary>
    public Generation? Generation { get; init; }

    /// <summary>The valid images, by candidate.</summary>
    public IReadOnlyList<ImageReference> Images { get; init; } = [];

    /// <summary>Which of <see cref="Images"/> the model saw; null if there is none.</summary>
    public int? Shown { get; init; }

    /// <summary>Whether the model saw all of <see cref="Images"/>, in order, and not only the one at <see cref="Shown"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AllShown { get; init; }

    /// <summary>The images that the model saw, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<ImageReference> ShownImages => AllShown ? Images : Shown is { } shown ? [Images[shown]] : [];

    /// <summary>Whether the conversation ended with this round, and the next round begins at the first user turn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StartsOver { get; init; }

    /// <summary>Whether the generator got the user's own prompt instead of a turn of the model.</summary>
    [JsonIgnore]
    public bool IsFallback => Text.Length == 0 && Call is null && Generation is not null;

    /// <summary>The results of outside judges for its images, which the model did not see.</summary>
    public IReadOnlyList<ImageJudgment> Judgments { get; init; } = [];

    /// <summary>What went wrong.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Tokens of this turn.</summary>
    public TokenUsage Tokens { get; init; } = TokenUsage.None;

    /// <summary>How long the model took for its turn, in seconds.</summary>
    public double ModelSeconds { get; init; }

    /// <summary>How long the tool took, choice among the candidates included, in seconds.</summary>
    public double ToolSeconds { get; init; }

    /// <summary>Whether the call was executed: calls beyond a limit or to unknown tools are not.</summary>
    [JsonIgnore]
    public bool CallWasMade =>
        Images.Count > 0 || ToolText is not null
            || Faults.Any(fault => fault.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage or FaultKind.RefusedPrompt);
}
