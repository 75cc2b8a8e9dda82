using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Runs;
using GenAgent.Running;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows how far many prompts are: a progress bar in a terminal, else a line a prompt.</summary>
internal abstract class BatchScreen : IProgress<RolloutProgress>
{
    private const int LongestPrompt = 60;

    /// <summary>Runs the work, and shows each result that it reports.</summary>
    public static Task<BatchOutcome> ShowAsync(IAnsiConsole console, int prompts, Func<BatchScreen, Task<BatchOutcome>> work) =>
        console.Profile.Capabilities is { Ansi: true, Interactive: true }
            ? TimeLeftColumn.Bar(console).StartAsync(context => work(new Bar(console, context.AddTask($"0 of {prompts}", maxValue: prompts))))
            : work(new Lines(console, prompts));

    public abstract void Show(GenerateResult result);

    public abstract void Report(RolloutProgress value);

    private static string Line(GenerateResult result, int width)
    {
        var prompt = TerminalText.OneLine(result.Prompt, LongestPrompt);
        var what = result.Status switch
        {
            GenerateStatus.Skipped => "was done already",
            GenerateStatus.Failed => $"failed: {result.Error}",
            GenerateStatus.Incomplete => $"incomplete: {result.Error}",
            GenerateStatus.Cancelled => "stopped",
            _ =>
                string.Create(
                    CultureInfo.InvariantCulture, $"{RunWords.Of(result.StopReason!.Value)}, {RunWords.Count(result.Images, "image")}, {result.Seconds:0.0} s"),
        };
        return TerminalText.OneLine($"{prompt}: {what}", width);
    }

    private sealed class Bar(IAnsiConsole console, ProgressTask bar) : BatchScreen
    {
        private int _done;
        private int _failed;

        public override void Show(GenerateResult result)
        {
            (_done, _failed) = (_done + (result.File is null ? 0 : 1), _failed + (result.Status == GenerateStatus.Failed ? 1 : 0));
            bar.Description = string.Create(CultureInfo.InvariantCulture, $"{_done} of {bar.MaxValue}{(_failed == 0 ? string.Empty : $", {_failed} failed")}");
            if (result.Status != GenerateStatus.Skipped)
            {
                console.Write(new Text(
                    Line(result, console.Profile.Width - 1) + "\n",
                    result.Status is GenerateStatus.Failed or GenerateStatus.Incomplete ? Color.Red : Style.Plain));
            }
        }

        public override void Report(RolloutProgress value)
        {
            bar.Value = value.Done;
            TimeLeftColumn.Set(bar, value.Left);
        }
    }

    private sealed class Lines(IAnsiConsole console, int prompts) : BatchScreen
    {
        private int _count;

        public override void Show(GenerateResult result) =>
            console.Profile.Out.Writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{++_count}/{prompts} {Line(result, int.MaxValue)}"));

        public override void Report(RolloutProgress value)
        {
        }
    }
}
