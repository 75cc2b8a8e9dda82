using GenAgent.Storage;
using ScottPlot;

namespace GenAgent.Training.Logging;

/// <summary>Draws a run's figures against its steps as PNG: one small chart for each group of figures of one unit.</summary>
internal static class MetricPlot
{
    private const int ChartWidth = 900;
    private const int ChartHeight = 280;

    /// <summary>Writes the picture; with fewer than two entries nothing is written.</summary>
    public static void Write(string path, IReadOnlyList<MetricEntry> entries)
    {
        // "success/1-2" and "success/3-4" share a chart, "loss" has its own; figures with different units never share an axis.
        var groups = entries.SelectMany(e => e.Values.Keys).Distinct(StringComparer.Ordinal)
            .GroupBy(name => (Name: name.Split('/')[0], Unit: UnitOf(name, entries)))
            .OrderBy(group => group.Key.Name is "loss" or "reward" ? "" : group.Key.Name, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Unit, StringComparer.Ordinal)
            .ToList();
        if (entries.Count < 2 || groups.Count == 0) return;

        PlotFont.Register();
        var multiplot = new Multiplot();
        multiplot.AddPlots(groups.Count);
        for (var i = 0; i < groups.Count; i++)
        {
            var plot = multiplot.GetPlot(i);
            plot.Title(groups[i].Key.Name);
            plot.XLabel("step");
            plot.YLabel(groups[i].Key.Unit);
            foreach (var name in groups[i]) Draw(plot, name, entries);
            if (groups[i].Skip(1).Any()) plot.ShowLegend(Alignment.UpperLeft);
            plot.Font.Set(PlotFont.Name);
        }

        multiplot.SavePng(path, ChartWidth, ChartHeight * groups.Count);
    }

    private static string UnitOf(string name, IReadOnlyList<MetricEntry> entries) => name switch
    {
        "loss" or "validation/loss" => "loss",
        "learning_rate" => "rate",
        _ when name.EndsWith("_per_second", StringComparison.Ordinal) => "per second",
        _ when name.StartsWith("seconds", StringComparison.Ordinal) => "seconds",
        _ when entries.All(entry => !entry.Values.TryGetValue(name, out var value) || value is >= 0 and <= 1) => "share",
        _ => "value",
    };

    private static void Draw(Plot plot, string name, IReadOnlyList<MetricEntry> entries)
    {
        var points = entries
            .Where(e => e.Values.TryGetValue(name, out var value) && double.IsFinite(value))
            .Select(e => new Coordinates(e.Step, e.Values[name]))
            .ToArray();
        if (points.Length == 0) return;
        var line = plot.Add.ScatterLine(points);
        line.LegendText = name;
    }
}
