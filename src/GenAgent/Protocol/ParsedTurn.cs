namespace GenAgent.Protocol;

/// <summary>The result of parsing a turn: exactly one of <see cref="Turn"/> and <see cref="Fault"/> is set.</summary>
/// <param name="Turn">The turn, if the text is valid.</param>
/// <param name="Fault">The first grammar error, if it is not.</param>
public readonly record struct ParsedTurn(AgentTurn? Turn, TurnFault? Fault);
