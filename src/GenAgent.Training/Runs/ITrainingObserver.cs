namespace GenAgent.Training.Runs;

/// <summary>Watches a training run. Called from one thread at a time.</summary>
public interface ITrainingObserver : IProgress<TrainingProgress>
{
    /// <summary>Reports something that a user should know, in one line.</summary>
    /// <param name="notice">One line.</param>
    void Tell(string notice);
}
