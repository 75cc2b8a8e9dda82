using System.Text.Json.Serialization;

namespace GenAgent.Trajectories;

/// <summary>A fault of a round that was reported to the model and counts against a limit.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Message">The problem, as reported to the model.</param>
public sealed record Fault(FaultKind Kind, string Message)
{
    /// <summary>Where in the turn's text, for a <see cref="FaultKind.BrokenTurn"/>; otherwise null.</summary>
    public int? Position { get; init; }

    /// <summary>Whether the model made it, by its turn, the tool's name or the arguments; the others are faults of backends.</summary>
    [JsonIgnore]
    public bool IsTheModels => Kind is FaultKind.BrokenTurn or FaultKind.UnknownTool or FaultKind.BadArguments;

    /// <summary>Which candidate of the round, from 0, for a fault of one image; otherwise null.</summary>
    public int? Candidate { get; init; }

    /// <summary>The text for the model about the faults of one round.</summary>
    /// <param name="faults">The faults, one or more.</param>
    /// <returns>One text.</returns>
    public static string Join(IEnumerable<Fault> faults) => string.Join(' ', faults.Select(fault => fault.Message).Distinct(StringComparer.Ordinal));
}

/// <summary>The kinds of fault, each with a limit of its own.</summary>
public enum FaultKind
{
    /// <summary>The turn breaks the grammar.</summary>
    BrokenTurn,

    /// <summary>The tool that is called does not exist.</summary>
    UnknownTool,

    /// <summary>The arguments do not fit the tool.</summary>
    BadArguments,

    /// <summary>A content filter refused the prompt.</summary>
    RefusedPrompt,

    /// <summary>The generator failed.</summary>
    GeneratorFailure,

    /// <summary>The image is corrupt, too large, or not of the size that was asked for.</summary>
    BadImage,
}
