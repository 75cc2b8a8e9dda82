using GenAgent.Storage;
using ScottPlot;

namespace GenAgent.Micro.Training.Plots;

/// <summary>Plots how the variants of a study learned.</summary>
public static class AblationPlots
{
    private const int Width = 900;

    // Reward of the rollouts, turns that a rollout took, and success on held-out prompts, where the recipe evaluates.
    private static readonly (string File, string Figure)[] Figures = [("reward", "reward"), ("rounds", "rollouts/rounds"), ("success", "success")];

    /// <summary>
    /// Writes a curve for each variant, the mean of its seeds, as <c>reward</c>, <c>rounds</c> and <c>success</c>, PNG and SVG; a figure that no run has is
    /// left out.
    /// </summary>
    /// <param name="folder">Where they go.</param>
    /// <param name="trainings">Each training's variant and folder.</param>
    public static void Curves(string folder, IReadOnlyList<(string Variant, string Folder)> trainings)
    {
        var runs = trainings.Select(training => (training.Variant, Entries: MetricsFile.Read(training.Folder).Select(read => read.Entry).ToList())).ToList();
        foreach (var (file, figure) in Figures)
        {
            var plot = EvaluationPlots.NewPlot(file);
            plot.XLabel("step");
            foreach (var variant in runs.GroupBy(run => run.Variant, StringComparer.Ordinal))
            {
                Coordinates[] points =
                [
                    .. variant.SelectMany(run => run.Entries).Where(entry => entry.Values.ContainsKey(figure))
                        .GroupBy(entry => entry.Step).OrderBy(step => step.Key)
                        .Select(step => new Coordinates(step.Key, step.Average(entry => entry.Values[figure]))),
                ];
                if (points.Length > 0) plot.Add.ScatterLine(points).LegendText = variant.Key;
            }

            if (!plot.GetPlottables().Any()) continue;
            plot.ShowLegend(Alignment.UpperLeft);
            EvaluationPlots.Save(plot, Path.Combine(folder, file), Width);
        }
    }
}
