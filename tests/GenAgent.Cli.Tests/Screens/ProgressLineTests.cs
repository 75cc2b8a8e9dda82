using GenAgent.Cli.Screens;
using GenAgent.Generators;
using Spectre.Console.Testing;

namespace GenAgent.Cli.Tests.Screens;

public sealed class ProgressLineTests
{
    private const string Erase = "\r\e[2K";

    private static string Draw(int width, params ImageProgress[] progress)
    {
        using var console = new TestConsole().Width(width).EmitAnsiSequences();
        console.Profile.Capabilities.ColorSystem = Spectre.Console.ColorSystem.NoColors;
        var line = new ProgressLine(console);
        foreach (var one in progress)
        {
            line.Show(0, one);
        }

        line.Clear();
        return console.Output;
    }

    [Fact]
    public void The_line_is_drawn_over_and_taken_away_at_the_end() =>
        Draw(60, new ImageProgress(0.5, "sampling") { Step = 4, Steps = 8 }, new ImageProgress(1, "decoding")).ShouldBe(
            $"  {new string('━', 30)} 50 % sampling 4/8{Erase}  {new string('━', 30)} 100 % decoding{Erase}");

    [Fact]
    public void What_looks_the_same_is_not_drawn_again() =>
        Draw(60, new ImageProgress(0.5, "sampling"), new ImageProgress(0.5001, "sampling")).Split(Erase).Length.ShouldBe(2);

    [Theory]
    [InlineData(80)]
    [InlineData(30)]
    [InlineData(12)]
    public void The_line_never_breaks(int width) =>
        Draw(width, new ImageProgress(0.3, "a stage with a name that is too long\e[2J") { Step = 10, Steps = 20 })
            .Replace(Erase, string.Empty).ShouldSatisfyAllConditions(line => line.Length.ShouldBeLessThan(width + 1), line => line.ShouldNotContain('\e'));
}
