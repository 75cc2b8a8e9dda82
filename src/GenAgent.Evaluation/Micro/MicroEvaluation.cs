using System.Collections.Concurrent;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Micro;

/// <summary>How far an evaluation is.</summary>
/// <param name="Done">Images judged, those of earlier runs included.</param>
/// <param name="Total">Images in all.</param>
/// <param name="Passed">Of those done, how many passed.</param>
public sealed record MicroProgress(int Done, int Total, int Passed);

/// <summary>
/// Evaluates a system on the miniature benchmark. Every image is judged by the verifier alone. What is done is in the folder at once:
/// a run that was killed goes on where it stopped, with the same seeds, when it is started again.
/// </summary>
public sealed class MicroEvaluation
{
    private readonly IMicroSystem _system;
    private readonly MicroEvaluationOptions _options;
    private readonly TimeProvider _time;
    private readonly MicroVerifier _verifier = new();
    private readonly SceneReader _reader = new();

    /// <summary>Makes an evaluation.</summary>
    /// <param name="system">What is evaluated.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="time">The clock that measures seconds an image; null for the system's.</param>
    public MicroEvaluation(IMicroSystem system, MicroEvaluationOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        _system = system;
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Makes and judges every image that the folder does not have yet, and writes the report (<c>report.json</c>) and the contact sheet (<c>report.html</c>).</summary>
    /// <exception cref="ArgumentException">The options are out of range or choose nothing, or the folder holds an evaluation of something else.</exception>
    /// <exception cref="Models.BackendException">The backend failed; what was done before stays.</exception>
    public async Task<MicroReport> RunAsync(string folder, IProgress<MicroProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var prompts = MicroEvaluationOptions.ChoosePrompts(_options);
        ConcurrentBag<MicroSample> samples;
        using (var store = MicroSampleStore.Open(folder, Manifest()))
        {
            samples = [.. store.Records];
            var done = samples.Select(s => (s.Prompt, s.Index)).ToHashSet();
            var open = prompts.SelectMany(p => Enumerable.Range(0, _options.ImagesPerPrompt).Select(i => (Prompt: p, Index: i))).Where(o => !done.Contains((o.Prompt.Id, o.Index)));
            var passed = samples.Count(s => s.Passed);
            var total = prompts.Count * _options.ImagesPerPrompt;
            progress?.Report(new(samples.Count, total, passed));
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Concurrency, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(open, parallel, async (one, cancelled) =>
            {
                var sample = await JudgeAsync(one.Prompt, one.Index, store, cancelled);
                store.Append(sample);
                samples.Add(sample);
                if (sample.Passed)
                    Interlocked.Increment(ref passed);
                progress?.Report(new(samples.Count, total, Volatile.Read(ref passed)));
            });
        }

        var ordered = prompts.SelectMany((p, i) => samples.Where(s => string.Equals(s.Prompt, p.Id, StringComparison.Ordinal)).OrderBy(s => s.Index)).ToList();
        var report = MicroReport.Of(_system.Name, _options, prompts, ordered);
        report.Write(folder, prompts, ordered);
        return report;
    }

    private MicroManifest Manifest() => new(
        _system.Name, _options.Split.ToString(), _options.ImagesPerPrompt, _options.Seed, _options.Tags, _options.PromptsPerTag, _verifier.Name);

    private async Task<MicroSample> JudgeAsync(MicroPrompt prompt, int index, RecordFolder<MicroSample> store, CancellationToken cancellationToken)
    {
        // Prompts' names hold what a seed's step must not.
        var seed = SeedPath.FromRoot(_options.Seed).Child("micro").Child(prompt.Id.Replace('/', '.')).Child("image", index);
        var start = _time.GetTimestamp();
        var outcome = await _system.MakeAsync(prompt, seed, cancellationToken);
        var seconds = _time.GetElapsedTime(start).TotalSeconds;
        var (reading, verdict, failure) = Judge(prompt, outcome);
        return new MicroSample(
            MicroSample.CurrentSchema, prompt.Id, index, seed.ToString(), outcome.SentPrompt, outcome.Image is null ? null : store.Keep(outcome.Image.Data, outcome.Image.MediaType), Math.Round(seconds, 3),
            verdict?.Passed ?? false, verdict?.Share ?? 0, verdict?.Errors ?? [], verdict?.Checks ?? [], reading?.Objects ?? [])
        {
            Failure = failure,
            Agent = outcome.Agent,
            Attempts = [.. outcome.Attempts.Select(a => new JudgedAttempt(a.Prompt, a.Verdict, Verify(prompt, a.Image).Verdict?.Passed ?? false))],
        };
    }

    private (SceneReading? Reading, Verdict? Verdict, string? Failure) Judge(MicroPrompt prompt, MicroOutcome outcome) =>
        outcome.Image is null ? (null, null, outcome.Failure ?? "no image") : Verify(prompt, outcome.Image);

    private (SceneReading? Reading, Verdict? Verdict, string? Failure) Verify(MicroPrompt prompt, DataContent image)
    {
        try
        {
            var reading = _reader.Read(RgbImage.Decode(image));
            return (reading, ConstraintVerifier.Verify(reading, prompt.Constraints), null);
        }
        catch (InvalidDataException e)
        {
            return (null, null, e.Message);
        }
    }
}
