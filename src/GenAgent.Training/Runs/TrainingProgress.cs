namespace GenAgent.Training.Runs;

/// <summary>Where a run is.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Samples">Samples seen.</param>
/// <param name="SamplesPerSecond">Speed since this process started or resumed the run; evaluations are not counted.</param>
/// <param name="Loss">The last step's loss.</param>
/// <param name="TimeLeft">At the present speed.</param>
/// <param name="Stage">What is going on: training, evaluating, saving.</param>
public sealed record TrainingProgress(long Step, long TotalSteps, long Samples, double SamplesPerSecond, double Loss, TimeSpan TimeLeft, string Stage)
{
    /// <summary>Tokens a second, those of the shared prefix counted as often as they are computed; 0 for a run that counts samples alone.</summary>
    public double TokensPerSecond { get; init; }
}
