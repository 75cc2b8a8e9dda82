using GenAgent.Training.Runs;

namespace GenAgent.Cli.Training;

/// <summary>A line of progress now and then, for logs and screens that cannot redraw.</summary>
internal sealed class ProgressLines : IProgress<TrainingProgress>
{
    private const long Every = 20;

    public void Report(TrainingProgress value)
    {
        if (value.Step % Every == 0)
            Console.WriteLine($"{value.Stage} {value.Step}/{value.TotalSteps} loss {value.Loss:F4} {value.SamplesPerSecond:F1} samples/s, {value.TimeLeft:hh\\:mm\\:ss} left");
    }
}
