using GenAgent.Cli.Screens;
using GenAgent.Evaluation.Reports;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console.Testing;

namespace GenAgent.Cli.Tests.Screens;

public sealed class EvalScreenTests
{
    [Fact]
    public async Task Where_there_is_no_terminal_lines_say_how_far_an_evaluation_is_and_how_long_it_will_take()
    {
        using var console = new TestConsole().Width(120);
        var time = new FakeTimeProvider();

        // A resumed run begins at 10: the time left is that of what this run does.
        await EvalScreen.ShowAsync(console, time, progress =>
        {
            progress.Report(new(10, 100, 5));
            time.Advance(TimeSpan.FromMinutes(2));
            progress.Report(new(30, 100, 15));
            progress.Report(new(31, 100, 15));
            time.Advance(TimeSpan.FromMinutes(7));
            progress.Report(new(100, 100, 50));
            return Task.FromResult(new EvaluationReport("b", "v", "s", [], [], []));
        });

        console.Lines.ShouldBe(["10 of 100 images, 50.0 % passed", "30 of 100 images, 50.0 % passed, about 7 min left", "100 of 100 images, 50.0 % passed"]);
    }
}
