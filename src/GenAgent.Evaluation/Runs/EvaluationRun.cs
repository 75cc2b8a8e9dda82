using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Systems;
using GenAgent.Judging;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Running.Sharing;
using GenAgent.Seeds;
using GenAgent.Telemetry;

namespace GenAgent.Evaluation.Runs;

/// <summary>
/// Evaluates a system on a benchmark: every image is made and judged, and is in the folder at once. A run that was killed is resumed with the same seeds
/// when it is started again: what was made or judged before is not made or judged again.
/// </summary>
public sealed class EvaluationRun
{
    private const string Noun = "images";

    private readonly IBenchmark _benchmark;
    private readonly IImageSystem _system;
    private readonly EvaluationOptions _options;
    private readonly SampleJudge _judge;
    private readonly TimeProvider _time;
    private readonly Lazy<Dictionary<string, SampleTask>> _byKey;

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
        _judge = new SampleJudge(judge ?? benchmark.ExactJudge
            ?? throw new ArgumentException($"{benchmark.Title} needs a judge.", nameof(judge)), _options.JudgesAttempts);
        _time = time ?? TimeProvider.System;
        _byKey = new(() => SamplesOf(_options.Choose(_benchmark)).ToDictionary(sample => sample.Key, StringComparer.Ordinal));
    }

    /// <summary>Is told what a user should know, as a line that was cut off; null for nobody.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>What tokens and images cost, for the report; null for unknown. Changes no result.</summary>
    public PriceList? Prices { get; init; }

    /// <summary>Shares the run with workers; null for a run by this process alone. Changes no result.</summary>
    public RunSharing? Sharing { get; init; }

    /// <summary>Removes secrets from what a worker tells the run's owner; null for the forms that are known.</summary>
    public SecretMask? Mask { get; init; }

    /// <summary>What decides the results.</summary>
    public RunManifest Manifest => ManifestOf(folder: null, Subject);

    private EvaluationSubject Subject => new(
        _benchmark.Name, _benchmark.Variant, _system.Name, _options.ImagesPerPrompt, _options.Categories, _options.PromptsPerCategory, _judge.Name);

    /// <summary>Makes and judges every image that the folder does not have yet, and writes the report's files.</summary>
    /// <param name="folder">Where samples and report are kept.</param>
    /// <param name="progress">Is told how far the run is; null for nobody.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The report over all that the folder then holds.</returns>
    /// <exception cref="ArgumentException">The options are out of range or choose nothing, or the folder holds an evaluation of something else.</exception>
    /// <exception cref="InvalidDataException">An image that an earlier run kept was changed or damaged.</exception>
    /// <exception cref="RunStoppedException">A backend failed; what was done before stays.</exception>
    public async Task<EvaluationReport> RunAsync(string folder, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var tasks = _options.Choose(_benchmark);
        var subject = Subject;
        var manifest = ManifestOf(folder, subject);
        List<Sample> samples;
        string? stopped;
        await using (var store = EvaluationFolder.Layout.Open(folder, manifest, Notice))
        {
            RequireWhole(folder, store.Records);

            // A judge that costs nothing needs no memory of what was made.
            await using var kept = _benchmark.Format is null || _system.KeepsItself ? null : new KeptSystem(_system, folder, manifest, Notice);
            (samples, stopped) = await MakeAllAsync(SamplesOf(tasks), kept ?? _system, store, (folder, manifest), progress, cancellationToken);
        }

        var context = new ReportContext(subject, manifest.DecidedBy.GetValueOrDefault(QuestionDigest.ManifestKey)) { StoppedBy = stopped, Prices = Prices };
        return await ReportFiles.WriteAsync(folder, _benchmark, context, tasks, samples, cancellationToken);
    }

    /// <summary>The result of a task of a shared run, for its owner.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The judged sample with its images, without secrets.</returns>
    /// <exception cref="BackendException">The system or the judge failed.</exception>
    /// <exception cref="InvalidDataException">It is no key of this evaluation.</exception>
    public async Task<ReadOnlyMemory<byte>> MakeSharedAsync(string key, CancellationToken cancellationToken)
    {
        var task = _byKey.Value.GetValueOrDefault(key) ?? throw new InvalidDataException($"\"{key}\" is no image of this evaluation.");
        var (sample, made) = await MakeAsync(task.Task, task.Index, new RunLimits(_system.Bare, maxImages: null), cancellationToken);
        return new SharedSample(sample, made).Write(Mask);
    }

    private SampleTask[] SamplesOf(IReadOnlyList<BenchmarkTask> tasks) =>
        [.. tasks.SelectMany(t => Enumerable.Range(0, _options.ImagesPerPrompt).Select(i => new SampleTask(t, i)))];

    private RunManifest ManifestOf(string? folder, EvaluationSubject subject)
    {
        var manifest = subject.ToManifest(_options.Seed, _options.DecidedBy);
        var isOld = folder is not null && RunManifest.Load(folder, EvaluationFolder.Layout.Old) is { } begun
            && !begun.DecidedBy.ContainsKey(QuestionDigest.ManifestKey);

        // Earlier versions did not record the questions' hash; their folders are resumed without it.
        return QuestionDigest.Of(_benchmark) is { } questions && !isOld
            ? manifest.With([new KeyValuePair<string, string?>(QuestionDigest.ManifestKey, questions)])
            : manifest;
    }

    // A folder may come from someone else: what it says are its images must be them, and no links to other files.
    private static void RequireWhole(string folder, IEnumerable<Sample> kept)
    {
        var places = kept.SelectMany(sample => sample.Attempts.Select(attempt => attempt.Image).Append(sample.Image));
        foreach (var place in places.OfType<string>().Distinct(StringComparer.Ordinal))
            RecordImage.Read(folder, place);
    }

    /// <summary>Makes what is not there; returns all samples, and which limit ended it, or null.</summary>
    private async Task<(List<Sample> Samples, string? StoppedBy)> MakeAllAsync(
        SampleTask[] tasks, IImageSystem system, RecordFolder<Sample> store, (string Folder, RunManifest Manifest) about,
        IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken)
    {
        var limits = new RunLimits(system, _options.MaxImages);
        await using var shared = Sharing is null ? null : await Sharing.OpenAsync(
            about.Folder, about.Manifest, store, (key, result) => TakeAsync(_byKey.Value[key], system, SharedSample.Read(key, result), store),
            MakeSharedAsync, Mask, Notice, _time, cancellationToken);
        var how = shared?.RunnerOptions(Noun) ?? new RolloutOptions { Concurrency = _options.Concurrency, Noun = Noun };
        using var runner = new RolloutRunner<SampleTask, Sample>(
            async (task, cancelled) =>
            {
                // What an earlier run made and did not judge is judged here.
                if (shared is not null && !system.Has(task.Task, task.Index)) return await shared.MakeAsync(task.Key, cancelled);
                var (sample, made) = await MakeAsync(task.Task, task.Index, limits, cancelled);
                return Placed(sample, made, store);
            },
            shared ?? (IOutcomeStore<Sample>)store, how, _time);
        List<Sample> samples = [];
        var passed = 0;
        progress?.Report(new(store.Records.Count, tasks.Length, store.Records.Count(sample => sample.Passed)));
        var totals = await runner.RunAsync(
            tasks,
            finished =>
            {
                if (finished.Outcome is not { } sample)
                    return ValueTask.CompletedTask;
                samples.Add(sample);
                passed += sample.Passed ? 1 : 0;
                if (!finished.IsResumed)
                    progress?.Report(new(samples.Count, tasks.Length, passed));
                return ValueTask.CompletedTask;
            },
            cancellationToken: cancellationToken);
        totals.ThrowIfIncomplete(how.Noun);
        if (totals.StoppedBy is null) shared?.Complete();
        return (samples, totals.StoppedBy);
    }

    /// <summary>Keeps what a worker made.</summary>
    private static async Task<Sample> TakeAsync(SampleTask task, IImageSystem system, SharedSample taken, RecordFolder<Sample> store) =>
        Placed(taken.Sample, await system.TakeAsync(task.Task, task.Index, taken.Made), store);

    /// <summary>Makes an image, and has it judged; kept nowhere but by the system.</summary>
    private async Task<(Sample Sample, SystemOutcome Made)> MakeAsync(BenchmarkTask task, int index, RunLimits limits, CancellationToken cancellationToken)
    {
        // Prompts' ids may hold what a seed's step must not.
        var seed = SeedPath.FromRoot(_options.Seed).Child(_benchmark.Name).Child(task.Id.Replace('/', '.').Replace(':', '.')).Child("image", index);
        var start = _time.GetTimestamp();
        var made = await limits.MakeAsync(task, index, seed, cancellationToken);
        var seconds = Math.Round(_time.GetElapsedTime(start).TotalSeconds, 3);
        var sample = new Sample(Sample.CurrentSchema, task.Id, index, seed.ToString(), made.SentPrompt, null, seconds, false, 0, [], [], [])
        {
            Agent = made.Agent,
        };
        var judged = await _judge.JudgeAsync(sample, task, made, cancellationToken);

        // A program says the same at any time.
        return (_benchmark.Format is null ? judged : judged with { JudgedAt = _time.GetUtcNow() }, made);
    }

    /// <summary>The sample with the places of its images; an image that the system does not keep is kept now.</summary>
    private static Sample Placed(Sample sample, SystemOutcome made, RecordFolder<Sample> store) => sample with
    {
        Image = made.Place ?? (made.Image is { } image ? store.Keep(image.Data, image.MediaType) : null),
        Attempts = [.. sample.Attempts.Zip(made.Attempts, (attempt, image) => attempt with { Image = image.Place })],
    };
}
