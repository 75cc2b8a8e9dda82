namespace GenAgent.Protocol;

/// <summary>Why a text is not a valid turn, worded so that the model can correct it.</summary>
/// <param name="Position">The position of the error: a character's index in the turn's text, from 0 to its length.</param>
/// <param name="Reason">What is wrong there, and what was expected.</param>
public sealed record TurnFault(int Position, string Reason);
