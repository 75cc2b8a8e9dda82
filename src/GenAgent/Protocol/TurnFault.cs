namespace GenAgent.Protocol;

/// <summary>Why a text is no turn, said so that the model that wrote it can mend it.</summary>
/// <param name="Position">Where it goes wrong: a character's index in the turn's text, from 0 to its length.</param>
/// <param name="Reason">What is wrong there, and what was expected.</param>
public sealed record TurnFault(int Position, string Reason);
