namespace GenAgent.Evaluation.Judges;

/// <summary>The judge may not be asked any more: the calls that were allowed are spent.</summary>
internal sealed class JudgeBudgetException() : Exception("The judge calls that were allowed are spent.");
