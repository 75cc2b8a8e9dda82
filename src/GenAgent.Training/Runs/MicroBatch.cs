namespace GenAgent.Training.Runs;

/// <summary>The samples that one worker takes at a time.</summary>
/// <param name="Step">The step, from 0.</param>
/// <param name="FirstPosition">Which sample of the run the first one is, from 0: the root of its random draws.</param>
/// <param name="Samples">Each sample's number in the source.</param>
/// <param name="StepSamples">Samples of the whole step, over which losses are averaged.</param>
internal readonly record struct MicroBatch(long Step, long FirstPosition, ReadOnlyMemory<long> Samples, int StepSamples)
{
    /// <summary>Number of samples.</summary>
    public int Count => Samples.Length;
}
