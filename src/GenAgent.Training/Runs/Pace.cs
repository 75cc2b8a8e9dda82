namespace GenAgent.Training.Runs;

/// <summary>How fast a run goes; time spent on evaluations is left out.</summary>
internal sealed class Pace(TimeProvider clock, long firstStep, TrainingOptions options)
{
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _paused;
    private long _pauseStart;

    public void Pause() => _pauseStart = clock.GetTimestamp();

    public void Continue() => _paused += clock.GetElapsedTime(_pauseStart);

    public double SamplesPerSecond(long step) => PerSecond((step - firstStep) * options.BatchSize);

    public double TokensPerSecond(long tokens) => PerSecond(tokens);

    public TrainingProgress At(long step, long tokens, double loss, string stage)
    {
        var speed = SamplesPerSecond(step);
        var left = speed > 0 ? TimeSpan.FromSeconds(Math.Min((options.Steps - step) * options.BatchSize / speed, 1e9)) : TimeSpan.Zero;
        return new TrainingProgress(step, options.Steps, step * options.BatchSize, speed, loss, left, stage) { TokensPerSecond = TokensPerSecond(tokens) };
    }

    private double PerSecond(long count)
    {
        var seconds = (clock.GetElapsedTime(_start) - _paused).TotalSeconds;
        return seconds > 0 ? count / seconds : 0;
    }
}
