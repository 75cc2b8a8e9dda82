using System.Collections.Concurrent;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;
using GenAgent.Seeds;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Runs;

/// <summary>
/// Evaluates a system on a benchmark: every image is made and judged, and is in the folder at once. A run that was killed is resumed with the same seeds
/// when it is started again: what was made or judged before is not made or judged again.
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
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="ArgumentException">There is no judge.</exception>
    public EvaluationRun(IBenchmark benchmark, IImageSystem system, EvaluationOptions? options = null, IJudge? judge = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        ArgumentNullException.ThrowIfNull(system);
        _benchmark = benchmark;
        _system = system;
        _options = options ?? new();
        _judge = new SampleJudge(judge ?? benchmark.ExactJudge ?? throw new ArgumentException($"{benchmark.Title} needs a judge.", nameof(judge)), _options.JudgesAttempts);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Makes and judges every image that the folder does not have yet, and writes the report's files.</summary>
    /// <exception cref="ArgumentException">The options are out of range or choose nothing, or the folder holds an evaluation of something else.</exception>
    /// <exception cref="InvalidDataException">An image that an earlier run kept was changed or damaged.</exception>
    /// <exception cref="Models.BackendException">A backend failed; what was done before stays.</exception>
    public async Task<EvaluationReport> RunAsync(string folder, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var tasks = _options.Choose(_benchmark);
        var manifest = Manifest();
        ConcurrentBag<Sample> samples;
        string? stopped;
        using (var store = EvaluationFolder.Open(folder, manifest))
        {
            RequireWhole(folder, store.Records);
            samples = [.. store.Records];
            stopped = await MakeAllAsync(folder, manifest, tasks, samples, store, progress, cancellationToken);
        }

        return await ReportFiles.WriteAsync(folder, _benchmark, manifest, tasks, samples, stopped, cancellationToken);
    }

    // A folder may come from someone else: what it says are its images must be them, and no links to other files.
    private static void RequireWhole(string folder, IEnumerable<Sample> kept)
    {
        foreach (var place in kept.SelectMany(sample => sample.Attempts.Select(attempt => attempt.Image).Append(sample.Image)).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            Running.RecordImage.Read(folder, place);
        }
    }

    /// <summary>Makes what is not there; returns which budget ended it, or null.</summary>
    private async Task<string?> MakeAllAsync(
        string folder, EvaluationManifest manifest, IReadOnlyList<BenchmarkTask> tasks, ConcurrentBag<Sample> samples, RecordFolder<Sample> store,
        IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken)
    {
        // A judge that costs nothing needs no memory of what was made.
        using var kept = _benchmark.Format is null || _system.KeepsItself ? null : new KeptSystem(_system, folder, manifest.Write());
        var budget = new RunLimits(kept ?? _system, _options.MaxImages);
        var done = samples.Select(s => (s.Prompt, s.Index)).ToHashSet();
        var open = tasks.SelectMany(t => Enumerable.Range(0, _options.ImagesPerPrompt).Select(i => (Task: t, Index: i))).Where(o => !done.Contains((o.Task.Id, o.Index)));
        var passed = samples.Count(s => s.Passed);
        var total = tasks.Count * _options.ImagesPerPrompt;
        progress?.Report(new(samples.Count, total, passed));
        await KeyedTasks.RunAsync(open.TakeWhile(_ => budget.Stopped is null), _options.Concurrency, async (one, cancelled) =>
        {
            try
            {
                if (await SampleAsync(one.Task, one.Index, budget, store, cancelled) is not { } sample)
                    return;
                store.Append(sample);
                samples.Add(sample);
                if (sample.Passed)
                    Interlocked.Increment(ref passed);
                progress?.Report(new(samples.Count, total, Volatile.Read(ref passed)));
            }
            catch (JudgeBudgetException)
            {
                budget.Stop("the judge calls");
            }
        }, cancellationToken);
        return budget.Stopped;
    }

    private EvaluationManifest Manifest() => new(
        _benchmark.Name, _benchmark.Variant, _system.Name, _options.ImagesPerPrompt, _options.Seed, _options.Categories, _options.PromptsPerCategory, _judge.Name, _options.DecidedBy);

    private async Task<Sample?> SampleAsync(BenchmarkTask task, int index, RunLimits limits, RecordFolder<Sample> store, CancellationToken cancellationToken)
    {
        // Prompts' ids may hold what a seed's step must not.
        var seed = SeedPath.FromRoot(_options.Seed).Child(_benchmark.Name).Child(task.Id.Replace('/', '.').Replace(':', '.')).Child("image", index);
        var start = _time.GetTimestamp();
        if (await limits.MakeAsync(task, index, seed, cancellationToken) is not { } outcome)
            return null;
        var seconds = Math.Round(_time.GetElapsedTime(start).TotalSeconds, 3);
        var place = outcome.Place ?? (outcome.Image is { } image ? store.Keep(image.Data, image.MediaType) : null);
        var sample = new Sample(Sample.CurrentSchema, task.Id, index, seed.ToString(), outcome.SentPrompt, place, seconds, false, 0, [], [], []) { Agent = outcome.Agent };
        return await _judge.JudgeAsync(sample, task, outcome, cancellationToken);
    }
}
