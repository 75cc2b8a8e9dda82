using GenAgent.Generators;
using GenAgent.Protocol;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents;

/// <summary>
/// An event of a run, reported as it happens. Every event is reported once, in order; the last is <see cref="RunCompletedEvent"/>.
/// </summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round, from 0.</param>
public abstract record AgentEvent(string TrajectoryId, int Round);

/// <summary>The run begins.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Prompt">The user's own words.</param>
public sealed record RunStartedEvent(string TrajectoryId, string Prompt) : AgentEvent(TrajectoryId, 0);

/// <summary>The model streamed a piece of its turn. When the section ends, a separate event has its whole text, unless the turn is invalid.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Section">What the piece belongs to.</param>
/// <param name="Text">The piece.</param>
public sealed record TextDeltaEvent(string TrajectoryId, int Round, TurnSection Section, string Text) : AgentEvent(TrajectoryId, Round);

/// <summary>The model judged the last image that it saw.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round of the judgment, at least one after the image's.</param>
/// <param name="Judgment">What it says.</param>
public sealed record JudgmentEvent(string TrajectoryId, int Round, SelfJudgment Judgment) : AgentEvent(TrajectoryId, Round);

/// <summary>The model has thought.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Text">The whole thought.</param>
public sealed record ThoughtEvent(string TrajectoryId, int Round, string Text) : AgentEvent(TrajectoryId, Round);

/// <summary>The model calls a tool.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Call">The call, not yet checked.</param>
public sealed record CallEvent(string TrajectoryId, int Round, ToolCall Call) : AgentEvent(TrajectoryId, Round);

/// <summary>A tool returned text for the model.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Text">The text.</param>
public sealed record ToolTextEvent(string TrajectoryId, int Round, string Text) : AgentEvent(TrajectoryId, Round);

/// <summary>The generator reported progress.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Candidate">Which of the round's candidates, from 0.</param>
/// <param name="Progress">How far it is.</param>
public sealed record ProgressEvent(string TrajectoryId, int Round, int Candidate, ImageProgress Progress) : AgentEvent(TrajectoryId, Round);

/// <summary>The generator returned a valid image. Candidates are reported in the order of completion.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Candidate">Which of the round's candidates, from 0.</param>
/// <param name="Image">The image, encoded.</param>
/// <param name="Reference">Its content's id, size and seed.</param>
public sealed record ImageEvent(string TrajectoryId, int Round, int Candidate, DataContent Image, ImageReference Reference) : AgentEvent(TrajectoryId, Round);

/// <summary>One of the round's candidates was chosen for the model to see.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">The chosen one.</param>
public sealed record AttemptEvent(string TrajectoryId, int Round, Attempt Attempt) : AgentEvent(TrajectoryId, Round);

/// <summary>A fault occurred, and the model is informed.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Fault">What.</param>
public sealed record FaultEvent(string TrajectoryId, int Round, Fault Fault) : AgentEvent(TrajectoryId, Round);

/// <summary>The model gives its answer.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The round.</param>
/// <param name="Text">The answer's text.</param>
public sealed record AnswerEvent(string TrajectoryId, int Round, string Text) : AgentEvent(TrajectoryId, Round);

/// <summary>The run is over.</summary>
/// <param name="TrajectoryId">The run.</param>
/// <param name="Round">The last round.</param>
/// <param name="Result">The run's result.</param>
public sealed record RunCompletedEvent(string TrajectoryId, int Round, AgentResult Result) : AgentEvent(TrajectoryId, Round);
