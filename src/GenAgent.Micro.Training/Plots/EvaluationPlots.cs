using System.Globalization;
using GenAgent.Evaluation.Properties;
using GenAgent.Evaluation.Statistics;
using GenAgent.Training.Logging;
using ScottPlot;

namespace GenAgent.Micro.Training.Plots;

/// <summary>Plots of evaluations, each as PNG and SVG.</summary>
public static class EvaluationPlots
{
    private const int Width = 800;
    private const int Height = 480;

    // As many as stand side by side below a plot.
    private const int LabelCharacters = 84;
    private const int ShortestLabel = 10;

    /// <summary>Writes <c>tools</c>, <c>rounds</c> and <c>effort</c> into the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="report">What was found.</param>
    public static void Write(string folder, PropertyReport report)
    {
        Bars(Path.Combine(folder, "tools"), "success alone and with the agent", [.. report.Tools.SelectMany(t => new[]
        {
            (t.Generator, t.Alone, t.AloneInterval), ($"{t.Generator} + agent{(t.Trained ? " (trained)" : string.Empty)}", t.WithAgent, t.WithAgentInterval),
        })]);
        var rounds = NewPlot("success by rounds (dashed: best so far)");
        foreach (var group in report.Rounds.GroupBy(r => r.Generator, StringComparer.Ordinal))
        {
            double[] limits = [.. group.Select(r => (double)r.Limit)];
            var line = rounds.Add.Scatter(limits, group.Select(r => r.Success).ToArray());
            line.LegendText = group.Key;
            var best = rounds.Add.ScatterLine(limits, group.Select(r => r.BestSoFar).ToArray());
            (best.Color, best.LinePattern) = (line.Color, LinePattern.Dashed);
        }

        double[] allLimits = [.. report.Rounds.Select(r => (double)r.Limit).Distinct().Order()];
        rounds.XLabel("most images");
        rounds.YLabel("share of runs");
        rounds.Axes.Bottom.SetTicks(allLimits, [.. allLimits.Select(limit => limit.ToString(CultureInfo.InvariantCulture))]);
        rounds.ShowLegend(Alignment.LowerRight);
        Save(rounds, Path.Combine(folder, "rounds"));
        var effort = NewPlot("images and thinking words / 10 by difficulty");
        double[] places = [.. report.Difficulties.Select((_, i) => (double)i)];
        effort.Add.Scatter(places, report.Difficulties.Select(d => d.Images).ToArray()).LegendText = "images";
        effort.Add.Scatter(places, report.Difficulties.Select(d => d.ThinkingWords / 10).ToArray()).LegendText = "thinking words / 10";
        effort.Axes.Bottom.SetTicks(places, [.. report.Difficulties.Select(d => d.Name)]);
        effort.YLabel("per run");
        effort.ShowLegend(Alignment.UpperLeft);
        Save(effort, Path.Combine(folder, "effort"));
    }

    /// <summary>Writes bars with their intervals.</summary>
    /// <param name="path">The files' path without its extension.</param>
    /// <param name="title">What stands above.</param>
    /// <param name="values">A bar each: its name, its height in [0, 1], its 95 % interval.</param>
    public static void Bars(string path, string title, IReadOnlyList<(string Name, double Value, Interval Interval)> values)
    {
        var plot = NewPlot(title);
        plot.Add.Bars(values.Select(v => v.Value).ToArray());
        Intervals(plot, values, values.Count, "F3");
        plot.YLabel("share of images");
        plot.Axes.SetLimitsY(0, 1.1);
        Save(plot, path);
    }

    /// <summary>Writes paired differences with their intervals, and a line at none.</summary>
    /// <param name="path">The files' path without its extension.</param>
    /// <param name="title">What stands above.</param>
    /// <param name="values">A mark each: its name, the difference, its 95 % interval.</param>
    public static void Differences(string path, string title, IReadOnlyList<(string Name, double Value, Interval Interval)> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var plot = NewPlot(title);
        plot.Add.HorizontalLine(0, color: Colors.Gray);
        foreach (var (at, value) in values.Index())
        {
            plot.Add.Marker(at, value.Value);
        }

        Intervals(plot, values, values.Count + 1, "+0.000;-0.000");
        plot.YLabel("difference");
        plot.Axes.SetLimitsX(-1, values.Count);
        Save(plot, path);
    }

    /// <summary>Draws the intervals, and names and values below them.</summary>
    private static void Intervals(Plot plot, IReadOnlyList<(string Name, double Value, Interval Interval)> values, int places, string format)
    {
        foreach (var (at, value) in values.Index())
        {
            plot.Add.Line(at, value.Interval.Low, at, value.Interval.High).Color = Colors.Black;
        }

        string[] labels = [.. values.Select(v => $"{Wrapped(v.Name, LabelCharacters / places)}\n{v.Value.ToString(format, CultureInfo.InvariantCulture)}")];
        plot.Axes.Bottom.SetTicks([.. values.Select((_, i) => (double)i)], labels);
    }

    // Lines break between words; a word that is longer than a line breaks within.
    private static string Wrapped(string name, int characters)
    {
        var limit = Math.Max(ShortestLabel, characters);
        List<string> lines = [];
        foreach (var part in name.Split(' ').SelectMany(word => word.Chunk(limit)).Select(part => new string(part)))
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + part.Length <= limit) lines[^1] += $" {part}";
            else lines.Add(part);
        }

        return string.Join('\n', lines);
    }

    internal static Plot NewPlot(string title)
    {
        PlotFont.Register();
        var plot = new Plot();
        plot.Title(title);
        return plot;
    }

    internal static void Save(Plot plot, string path, int width = Width)
    {
        plot.Font.Set(PlotFont.Name);
        plot.SavePng(path + ".png", width, Height);
        plot.SaveSvg(path + ".svg", width, Height);
    }
}
