using System.Text.Json;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Training.Synthesis.Filters;

/// <summary>
/// Reads a folder of synthesized trajectories, drops what the filters drop, balances the rest, and writes it in the order of its indices with a report.
/// </summary>
/// <param name="filters">The filters, in order.</param>
/// <param name="balance">How the rest is balanced; null for not at all.</param>
public sealed class FilterRun(IReadOnlyList<ISynthesisFilter> filters, BalanceOptions? balance)
{
    /// <summary>The filters that need no model, new ones for one data set.</summary>
    /// <returns>The filters, in order.</returns>
    public static IReadOnlyList<ISynthesisFilter> Standard() =>
        [new FormatFilter(), new HintLeakageFilter(), new ContradictionFilter(), new NotBetterFilter(), new LengthFilter(), new DuplicateFilter()];

    /// <summary>
    /// Filters <paramref name="from"/> into <paramref name="to"/>, which is there as a whole or not at all: an earlier outcome of filtering is replaced.
    /// </summary>
    /// <param name="from">The folder to filter.</param>
    /// <param name="to">The target folder.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>What each filter dropped.</returns>
    /// <exception cref="ArgumentException">The target holds something that no filter wrote.</exception>
    /// <exception cref="InvalidDataException">A line is no trajectory, or was not made by synthesis.</exception>
    public async Task<FilterReport> RunAsync(TrajectoryFolder from, string to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentException.ThrowIfNullOrEmpty(to);
        to = Path.GetFullPath(to);
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any() && !File.Exists(Path.Combine(to, FilterReport.FileName)))
            throw new ArgumentException($"{to} holds something else than filtered data: choose another folder.", nameof(to));

        var all = await ReadAsync(from, cancellationToken);
        var (kept, dropped) = await SiftAsync(all, cancellationToken);
        var counts = filters.Select(f => Report(f.Name, dropped)).ToList();
        if (balance is not null)
        {
            var (balanced, surplus) = Balance.Apply(kept, balance);
            counts.Add(Report("balance", [.. surplus.Select(s => ("balance", s.Sample, s.Reason))]));
            kept = balanced;
        }

        var report = new FilterReport(all.Count, kept.Count, counts, DataStatistics.Of(all), DataStatistics.Of(kept));
        await WriteAsync(from, kept, report, to, cancellationToken);
        return report;
    }

    /// <summary>Reads the samples of a folder in the order of their indices.</summary>
    /// <param name="from">The folder.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The samples.</returns>
    /// <exception cref="InvalidDataException">A line is no trajectory, or was not made by synthesis.</exception>
    public static async Task<IReadOnlyList<SynthesisSample>> ReadAsync(TrajectoryFolder from, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        List<SynthesisSample> all = [];
        await foreach (var trajectory in from.ReadAllAsync(cancellationToken: cancellationToken))
            all.Add(new(trajectory));
        return [.. all.OrderBy(s => s.Index)];
    }

    private static FilterCount Report(string name, IReadOnlyList<(string Filter, SynthesisSample Sample, string Reason)> dropped)
    {
        var own = dropped.Where(d => string.Equals(d.Filter, name, StringComparison.Ordinal)).ToList();
        return new(
            name,
            own.Count,
            [.. own.Take(FilterCount.MostExamples).Select(d => new FilterExample(d.Sample.Trajectory.Id, d.Sample.Trajectory.Prompt, d.Reason))]);
    }

    private async Task<(IReadOnlyList<SynthesisSample> Kept, List<(string Filter, SynthesisSample Sample, string Reason)> Dropped)> SiftAsync(
        IReadOnlyList<SynthesisSample> all, CancellationToken cancellationToken)
    {
        List<SynthesisSample> kept = [];
        List<(string, SynthesisSample, string)> dropped = [];
        foreach (var sample in all)
        {
            var keep = true;
            foreach (var filter in filters)
            {
                if (await filter.CheckAsync(sample, cancellationToken) is not { } reason)
                    continue;
                dropped.Add((filter.Name, sample, reason));
                keep = false;
                break;
            }

            if (keep)
                kept.Add(sample);
        }

        return (kept, dropped);
    }

    private static async Task WriteAsync(
        TrajectoryFolder from, IReadOnlyList<SynthesisSample> kept, FilterReport report, string to, CancellationToken cancellationToken)
    {
        var draft = to + ".part";
        if (Directory.Exists(draft))
            Directory.Delete(draft, recursive: true);
        await using (var store = await TrajectoryStore.OpenAsync(draft, cancellationToken: cancellationToken))
        {
            foreach (var sample in kept)
            {
                Dictionary<string, DataContent> images = new(StringComparer.Ordinal);
                foreach (var image in sample.Trajectory.AllImages)
                    images[image.Id] = await from.ReadImageAsync(image, cancellationToken);
                await store.AppendAsync(sample.Trajectory, images, cancellationToken);
            }
        }

        await File.WriteAllTextAsync(Path.Combine(draft, FilterReport.FileName), JsonSerializer.Serialize(report, SynthesisManifest.Json), cancellationToken);
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        Directory.Move(draft, to);
    }
}
