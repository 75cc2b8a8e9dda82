using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>Training, evaluation and generation folders below the roots. Safe to use from many tasks at once.</summary>
internal sealed class RunFolders(IReadOnlyList<IndexRoot> roots)
{
    private const string ReportName = "report.html";
    private const string FiguresName = "report.json";

    /// <summary>All, newest first.</summary>
    public IReadOnlyList<RunFolderContract> List() => [.. Find().Select(found => Describe(found.Name, found.Path)).OrderByDescending(run => run.Updated)];

    /// <summary>One; null if there is none of that name.</summary>
    public RunFolderDetails? Find(string name)
    {
        if (PathOf(name) is not { } path) return null;
        var run = Describe(name, path);
        var report = File.Exists(Path.Combine(path, ReportName)) ? $"/api/runs/{Uri.EscapeDataString(name)}/report" : null;
        return new(run.Name, run.Kind, run.Updated, run.Steps, run.Summary, report,
            [.. Entries(path, after: -1).SelectMany(entry => entry.Values.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Points of some series: a step and a value each.</summary>
    public IReadOnlyDictionary<string, List<double?[]>>? Metrics(string name, IReadOnlyList<string> series, long after)
    {
        if (PathOf(name) is not { } path) return null;
        var points = series.Distinct(StringComparer.Ordinal).ToDictionary(one => one, _ => new List<double?[]>(), StringComparer.Ordinal);
        foreach (var entry in Entries(path, after))
        {
            foreach (var one in points.Keys.Where(entry.Values.ContainsKey)) points[one].Add([entry.Step, Finite(entry.Values[one])]);
        }

        return points;
    }

    /// <summary>A file of a run's page: the page itself or an image beside it; null if there is none, or it is no such file.</summary>
    public string? FileOf(string name, string? file)
    {
        if (PathOf(name) is not { } path) return null;
        var asked = Path.GetFullPath(file is { Length: > 0 } ? file : ReportName, path);
        var isShown = Path.GetExtension(asked) is ".html" or ".png" or ".jpg" or ".webp" or ".svg" or ".css";
        return isShown && asked.StartsWith(path + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(asked)
            && File.ResolveLinkTarget(asked, returnFinalTarget: true) is null ? asked : null;
    }

    // Only names that were found are names: nothing of a request becomes a path.
    private string? PathOf(string name) =>
        Find().Where(found => string.Equals(found.Name, name, StringComparison.Ordinal)).Select(found => found.Path).FirstOrDefault();

    private IEnumerable<(string Name, string Path)> Find() => roots.Where(root => Directory.Exists(root.Path))
        .SelectMany(root =>
            FolderWalk.Find(root.Path, [MetricsFile.Name, FiguresName, TrajectoryFolder.FileName]).Select(path => (Name: root.NameOf(path), Path: path)))
        .DistinctBy(found => found.Name, StringComparer.Ordinal)

        // An evaluation keeps its trajectories in a folder of its own: it is one run.
        .Where(found => !(Path.GetFileName(found.Path) is "trajectories" && File.Exists(Path.Combine(Path.GetDirectoryName(found.Path)!, FiguresName))));

    private static RunFolderContract Describe(string name, string path)
    {
        var (metrics, figures) = (new FileInfo(Path.Combine(path, MetricsFile.Name)), new FileInfo(Path.Combine(path, FiguresName)));
        if (metrics.Exists)
        {
            var last = Entries(path, after: -1).LastOrDefault();
            var values = last?.Values.ToDictionary(value => value.Key, value => Finite(value.Value), StringComparer.Ordinal);
            return new(name, "training", new DateTimeOffset(metrics.LastWriteTimeUtc), last?.Step, JsonSerializer.SerializeToNode(values));
        }

        return figures.Exists
            ? new(name, "evaluation", new DateTimeOffset(figures.LastWriteTimeUtc), null, Totals(figures))
            : new(name, "generation", new DateTimeOffset(File.GetLastWriteTimeUtc(Path.Combine(path, TrajectoryFolder.FileName))), null, null);
    }

    // The figures of the report that are single values: groups and curves are the report's own affair.
    private static JsonObject? Totals(FileInfo figures)
    {
        try
        {
            using var stream = figures.OpenRead();
            return JsonNode.Parse(stream) is JsonObject all
                ? new JsonObject(all.Where(member => member.Value is JsonValue).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())))
                : null;
        }
        catch (Exception broken) when (broken is JsonException or IOException)
        {
            return null;
        }
    }

    private static IEnumerable<MetricEntry> Entries(string path, long after) =>
        MetricsFile.Read(path).Select(read => read.Entry).Where(entry => entry.Step > after);

    // JSON has no number that is infinite or none.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>A run in a list.</summary>
internal sealed record RunFolderContract(string Name, string Kind, DateTimeOffset Updated, long? Steps, JsonNode? Summary);

/// <summary>A run with its report and the names of its series.</summary>
internal sealed record RunFolderDetails(
    string Name, string Kind, DateTimeOffset Updated, long? Steps, JsonNode? Summary, string? Report, IReadOnlyList<string> Series);
