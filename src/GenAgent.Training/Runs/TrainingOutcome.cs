namespace GenAgent.Training.Runs;

/// <summary>How a run ended.</summary>
/// <param name="Finished">False when it was stopped before its last step; it can be resumed.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="LastLoss">The last step's loss; NaN when no step was taken.</param>
public sealed record TrainingOutcome(bool Finished, long Step, double LastLoss);

/// <summary>A run went astray (loss or gradient not finite again and again) and was stopped; its last checkpoint is from before.</summary>
/// <param name="message">At which step, and what was not finite.</param>
public sealed class TrainingDivergedException(string message) : Exception(message);

/// <summary>A run cannot be resumed: the checkpoint belongs to another recipe, model or data.</summary>
/// <param name="message">What differs.</param>
public sealed class ResumeMismatchException(string message) : Exception(message);
