using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GenAgent.Cli.Screens;

/// <summary>The time left as the run itself reckons it: from its own pace, not from what an earlier run did.</summary>
internal sealed class TimeLeftColumn : ProgressColumn
{
    private const string Key = "time left";

    /// <summary>A bar with this column.</summary>
    public static Progress Bar(IAnsiConsole console) =>
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TimeLeftColumn());

    /// <summary>Sets what is left of a task; null where nobody knows yet.</summary>
    public static void Set(ProgressTask task, TimeSpan? left) => task.State.Update<TimeSpan>(Key, _ => left ?? TimeSpan.MinValue);

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var left = task.State.Get<TimeSpan>(Key);
        return new Text(task.IsFinished ? "00:00:00" : left <= TimeSpan.Zero ? "--:--:--" : Words(left), Color.Blue);
    }

    private static string Words(TimeSpan left) => left.TotalDays >= 1
        ? left.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture)
        : left.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
}
