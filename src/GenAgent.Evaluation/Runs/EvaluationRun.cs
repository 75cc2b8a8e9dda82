using System.Collections.Concurrent;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Runs;

/// <summary>
/// Evaluates a system on a benchmark: every image is made and judged, and is in the folder at once. A run that was killed is resumed with the same seeds
/// when it is started again.
/// </summary>
public sealed class EvaluationRun
{
    private readonly IBenchmark _benchmark;
    private readonly IImageSystem _system;
    private readonly EvaluationOptions _options;
    private readonly SampleJudge _judge;
    private readonly TimeProvider _time;

    /// <summary>Makes an evaluation.</summary>
    /// <param name="benchmark">The prompts.</param>
    /// <param name="system">What is evaluated.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="judge">Who judges; null for the benchmark's own.</param>
    /// <param name="time">The clock that measures seconds an image; null for the system's.</param>
    /// <exception cref="ArgumentException">There is no judge.</exception>
    public EvaluationRun(IBenchmark benchmark, IImageSystem system, EvaluationOptions? options = null, IJudge? judge = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        ArgumentNullException.ThrowIfNull(system);
        _benchmark = benchmark;
        _system = system;
        _options = options ?? new();
        _judge = new SampleJudge(judge ?? benchmark.ExactJudge ?? throw new ArgumentException($"{benchmark.Title} needs a judge.", nameof(judge)));
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Makes and judges every image that the folder does not have yet, and writes <c>report.json</c> and <c>report.html</c>.</summary>
    /// <exception cref="ArgumentException">The options are out of range or choose nothing, or the folder holds an evaluation of something else.</exception>
    /// <exception cref="Models.BackendException">The backend failed; what was done before stays.</exception>
    public async Task<EvaluationReport> RunAsync(string folder, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var tasks = _options.Choose(_benchmark);
        ConcurrentBag<Sample> samples;
        using (var store = EvaluationFolder.Open(folder, Manifest()))
        {
            samples = [.. store.Records];
            var done = samples.Select(s => (s.Prompt, s.Index)).ToHashSet();
            var open = tasks.SelectMany(t => Enumerable.Range(0, _options.ImagesPerPrompt).Select(i => (Task: t, Index: i))).Where(o => !done.Contains((o.Task.Id, o.Index)));
            var passed = samples.Count(s => s.Passed);
            var total = tasks.Count * _options.ImagesPerPrompt;
            progress?.Report(new(samples.Count, total, passed));
            await KeyedTasks.RunAsync(open, _options.Concurrency, async (one, cancelled) =>
            {
                var sample = await SampleAsync(one.Task, one.Index, store, cancelled);
                store.Append(sample);
                samples.Add(sample);
                if (sample.Passed)
                    Interlocked.Increment(ref passed);
                progress?.Report(new(samples.Count, total, Volatile.Read(ref passed)));
            }, cancellationToken);
        }

        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        var ordered = tasks.SelectMany(t => byPrompt[t.Id].OrderBy(s => s.Index)).ToList();
        var report = EvaluationReport.Of(_benchmark, _system.Name, tasks, ordered);
        ReportFiles.Write(folder, _benchmark, report, tasks, ordered);
        return report;
    }

    private EvaluationManifest Manifest() => new(
        _benchmark.Name, _benchmark.Variant, _system.Name, _options.ImagesPerPrompt, _options.Seed, _options.Categories, _options.PromptsPerCategory, _judge.Name, _options.DecidedBy);

    private async Task<Sample> SampleAsync(BenchmarkTask task, int index, RecordFolder<Sample> store, CancellationToken cancellationToken)
    {
        // Prompts' ids may hold what a seed's step must not.
        var seed = SeedPath.FromRoot(_options.Seed).Child(_benchmark.Name).Child(task.Id.Replace('/', '.').Replace(':', '.')).Child("image", index);
        var start = _time.GetTimestamp();
        var outcome = await _system.MakeAsync(task, index, seed, cancellationToken);
        var seconds = Math.Round(_time.GetElapsedTime(start).TotalSeconds, 3);
        var place = outcome.Image is { } image ? store.Keep(image.Data, image.MediaType) : null;
        var sample = new Sample(Sample.CurrentSchema, task.Id, index, seed.ToString(), outcome.SentPrompt, place, seconds, false, 0, [], [], []) { Agent = outcome.Agent };
        return await _judge.JudgeAsync(sample, task, outcome, cancellationToken);
    }
}
