namespace GenAgent.Protocol;

/// <summary>What a model's text turned out to be: exactly one of <see cref="Turn"/> and <see cref="Fault"/> is there.</summary>
/// <param name="Turn">The turn, when the text keeps to the grammar.</param>
/// <param name="Fault">The first break of the grammar, when it does not.</param>
public readonly record struct ParsedTurn(AgentTurn? Turn, TurnFault? Fault);
