using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Training.Runs;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>A progress bar on a terminal, else a line now and then.</summary>
internal static class TrainingScreen
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    /// <summary>Shows nothing.</summary>
    public static ITrainingObserver Silent { get; } = new Nothing();

    /// <summary>Runs on another thread while the screen shows it.</summary>
    public static async Task<TrainingOutcome> ShowAsync(CliHost host, Func<ITrainingObserver, TrainingOutcome> run)
    {
        if (!host.Screen.Profile.Capabilities.Interactive)
            return await Task.Run(() => run(new Lines(host)));
        return await host.Screen.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => Task.Run(() => run(new Bar(host.Screen, context.AddTask("preparing")))));
    }

    private static string Describe(TrainingProgress value) => string.Create(
        CultureInfo.InvariantCulture,
        $"{value.Stage} {value.Step}/{value.TotalSteps}, loss {value.Loss:F4}, "
            + $"{(value.TokensPerSecond > 0 ? value.TokensPerSecond : value.SamplesPerSecond):F1} {(value.TokensPerSecond > 0 ? "tokens" : "samples")}/s, "
            + $"{(int)value.TimeLeft.TotalHours}:{value.TimeLeft:mm\\:ss} left");

    private sealed class Nothing : ITrainingObserver
    {
        public void Report(TrainingProgress value)
        {
        }

        public void Tell(string notice)
        {
        }
    }

    private sealed class Bar(IAnsiConsole screen, ProgressTask task) : ITrainingObserver
    {
        public void Report(TrainingProgress value)
        {
            task.MaxValue = value.TotalSteps;
            task.Value = value.Step;
            task.Description = Markup.Escape(Describe(value));
        }

        public void Tell(string notice) => screen.WriteLine(notice);
    }

    private sealed class Lines(CliHost host) : ITrainingObserver
    {
        private long? _last;

        public void Report(TrainingProgress value)
        {
            if (_last is { } last && host.Time.GetElapsedTime(last) < LineEvery && value.Step < value.TotalSteps) return;
            _last = host.Time.GetTimestamp();
            Tell(Describe(value));
        }

        // Written as it is: a log file has no width to wrap at.
        public void Tell(string notice) => host.Say(notice);
    }
}
