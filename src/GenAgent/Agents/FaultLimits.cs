using System.ComponentModel.DataAnnotations;
using GenAgent.Trajectories;

namespace GenAgent.Agents;

/// <summary>How many faults of each kind a run tolerates; one more ends it. Each in [0, 1000].</summary>
public sealed record FaultLimits
{
    /// <summary>Turns that break the grammar.</summary>
    [Range(0, 1000)]
    public int BrokenTurns { get; init; } = 3;

    /// <summary>Calls of a tool that does not exist.</summary>
    [Range(0, 1000)]
    public int UnknownTools { get; init; } = 3;

    /// <summary>Calls with arguments that do not fit.</summary>
    [Range(0, 1000)]
    public int BadArguments { get; init; } = 3;

    /// <summary>Prompts that a content filter refused.</summary>
    [Range(0, 1000)]
    public int RefusedPrompts { get; init; } = 3;

    /// <summary>Failures of the generator.</summary>
    [Range(0, 1000)]
    public int GeneratorFailures { get; init; } = 2;

    /// <summary>Images that are corrupt, too large or of the wrong size.</summary>
    [Range(0, 1000)]
    public int BadImages { get; init; } = 2;

    internal (int Allowed, StopReason Reason) For(FaultKind kind) => kind switch
    {
        FaultKind.BrokenTurn => (BrokenTurns, StopReason.BrokenTurns),
        FaultKind.UnknownTool => (UnknownTools, StopReason.UnknownTools),
        FaultKind.BadArguments => (BadArguments, StopReason.BadArguments),
        FaultKind.RefusedPrompt => (RefusedPrompts, StopReason.RefusedPrompts),
        FaultKind.GeneratorFailure => (GeneratorFailures, StopReason.GeneratorFailures),
        _ => (BadImages, StopReason.BadImages),
    };
}
