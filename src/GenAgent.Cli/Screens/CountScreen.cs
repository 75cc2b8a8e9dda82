using System.Globalization;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>How far long work is.</summary>
/// <param name="Done">What is done, earlier runs included.</param>
/// <param name="Total">What there is to do.</param>
/// <param name="More">What else there is to say; empty for nothing.</param>
/// <param name="Left">How long the rest takes; null where nobody knows yet.</param>
internal sealed record CountProgress(int Done, int Total, string More = "", TimeSpan? Left = null);

/// <summary>Shows how far long work is: a progress bar in a terminal, else a line every twentieth of the way.</summary>
internal static class CountScreen
{
    private const int LinesWithoutTerminal = 20;

    public static Task<T> ShowAsync<T>(IAnsiConsole console, string what, Func<IProgress<CountProgress>, Task<T>> work) =>
        console.Profile.Capabilities is { Ansi: true, Interactive: true } ? ShowBarAsync(console, what, work) : work(new Lines(console, what));

    private static Task<T> ShowBarAsync<T>(IAnsiConsole console, string what, Func<IProgress<CountProgress>, Task<T>> work) => TimeLeftColumn.Bar(console)
        .StartAsync(context => work(new Bar(context.AddTask(what), what)));

    private static string Words(CountProgress value, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{value.Done} of {value.Total} {what}{(value.More.Length > 0 ? ", " : string.Empty)}{value.More}");

    private sealed class Bar(ProgressTask task, string what) : IProgress<CountProgress>
    {
        public void Report(CountProgress value)
        {
            (task.MaxValue, task.Value) = (value.Total, Math.Max(task.Value, value.Done));
            task.Description = Markup.Escape(Words(value, what));
            TimeLeftColumn.Set(task, value.Left);
        }
    }

    private sealed class Lines(IAnsiConsole console, string what) : IProgress<CountProgress>
    {
        private readonly Lock _lock = new();
        private int _shown = -1;

        public void Report(CountProgress value)
        {
            lock (_lock)
            {
                var part = value.Done * LinesWithoutTerminal / Math.Max(1, value.Total);
                if (part <= _shown)
                {
                    return;
                }

                _shown = part;
                var left = value.Left is { } time
                    ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Ceiling(time.TotalMinutes)} min left") : string.Empty;
                console.Profile.Out.Writer.WriteLine(Words(value, what) + left);
            }
        }
    }
}

/// <summary>Tells one kind of progress as another, at once and on the same thread.</summary>
internal sealed class Relay<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
