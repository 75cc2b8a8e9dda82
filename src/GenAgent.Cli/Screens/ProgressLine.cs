using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Generators;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>One line that is drawn over and over while images are made, and then taken away.</summary>
internal sealed class ProgressLine(IAnsiConsole console)
{
    private const string EraseLine = "\r\e[2K";
    private const int WidestBar = 30;

    private readonly Dictionary<int, double> _fractions = [];
    private string? _drawn;

    public void Show(int candidate, ImageProgress progress)
    {
        _fractions[candidate] = Math.Clamp(progress.Fraction, 0, 1);
        var done = _fractions.Values.Average();
        var steps = progress is { Step: { } step, Steps: { } all } && _fractions.Count == 1 ? $" {step}/{all}" : string.Empty;
        var label = string.Create(CultureInfo.InvariantCulture, $" {done,4:0 %} {TerminalText.OneLine(progress.Stage, 20)}{steps}");
        var width = Math.Clamp(console.Profile.Width - 4 - label.Length, 4, WidestBar);
        var filled = (int)(done * width);
        var key = $"{filled}{label}";
        if (string.Equals(key, _drawn, StringComparison.Ordinal))
        {
            return;
        }

        Erase();
        _drawn = key;
        console.Write(new Text("  "));
        console.Write(new Text(new string('━', filled), new Style(Color.Green)));
        console.Write(new Text(new string('━', width - filled), new Style(Color.Grey)));
        console.Write(new Text(label.Length + width + 4 > console.Profile.Width ? string.Empty : label));
    }

    /// <summary>Takes the line away; the next request starts anew.</summary>
    public void Clear()
    {
        Erase();
        _fractions.Clear();
    }

    private void Erase()
    {
        if (_drawn is not null)
        {
            console.Write(new ControlCode(EraseLine));
            _drawn = null;
        }
    }
}
