using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Runs;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows how far many prompts are: a progress bar in a terminal, else a line a prompt.</summary>
internal static class BatchScreen
{
    private const int LongestPrompt = 60;

    /// <summary>Runs the work, and shows each result that it reports.</summary>
    public static Task<BatchOutcome> ShowAsync(IAnsiConsole console, int prompts, Func<Action<GenerateResult>, Task<BatchOutcome>> work) =>
        console.Profile.Capabilities is { Ansi: true, Interactive: true } ? ShowBarAsync(console, prompts, work) : ShowLinesAsync(console, prompts, work);

    private static Task<BatchOutcome> ShowBarAsync(IAnsiConsole console, int prompts, Func<Action<GenerateResult>, Task<BatchOutcome>> work) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            var (bar, done, failed) = (context.AddTask($"0 of {prompts}", maxValue: prompts), 0, 0);
            return await work(result =>
            {
                (done, failed) = (done + (result.File is null ? 0 : 1), failed + (result.Status == GenerateStatus.Failed ? 1 : 0));
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"{done} of {prompts}{(failed == 0 ? string.Empty : $", {failed} failed")}");
                bar.Increment(1);
                if (result.Status != GenerateStatus.Skipped)
                {
                    console.Write(new Text(Line(result, console.Profile.Width - 1) + "\n", result.Status is GenerateStatus.Failed or GenerateStatus.Incomplete ? Color.Red : Style.Plain));
                }
            });
        });

    private static Task<BatchOutcome> ShowLinesAsync(IAnsiConsole console, int prompts, Func<Action<GenerateResult>, Task<BatchOutcome>> work)
    {
        var count = 0;
        return work(result =>
        {
            count++;
            console.Profile.Out.Writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count}/{prompts} {Line(result, int.MaxValue)}"));
        });
    }

    private static string Line(GenerateResult result, int width)
    {
        var prompt = TerminalText.OneLine(result.Prompt, LongestPrompt);
        var what = result.Status switch
        {
            GenerateStatus.Skipped => "was done already",
            GenerateStatus.Failed => $"failed: {result.Error}",
            GenerateStatus.Incomplete => $"incomplete: {result.Error}",
            GenerateStatus.Cancelled => "stopped",
            _ => string.Create(CultureInfo.InvariantCulture, $"{RunWords.Of(result.StopReason!.Value)}, {RunWords.Count(result.Images, "image")}, {result.Seconds:0.0} s"),
        };
        return TerminalText.OneLine($"{prompt}: {what}", width);
    }
}
