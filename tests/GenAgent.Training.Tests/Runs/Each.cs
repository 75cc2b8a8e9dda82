using GenAgent.Training.Runs;

namespace GenAgent.Training.Tests.Runs;

/// <summary>Acts on every report of progress, on the trainer's own thread.</summary>
internal sealed class Each(Action<TrainingProgress> act) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => act(value);
}
