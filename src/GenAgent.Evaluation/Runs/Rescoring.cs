using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Judges;
using GenAgent.Evaluation.Reports;
using GenAgent.Evaluation.Scoring;

namespace GenAgent.Evaluation.Runs;

/// <summary>Works an evaluation's verdicts and scores out again from what its judge replied, with today's reading of the replies.</summary>
public static class Rescoring
{
    /// <summary>The name of the benchmark of an evaluation.</summary>
    /// <param name="folder">The evaluation's folder.</param>
    /// <returns>The benchmark's name, as <c>eval list</c> shows it.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder holds no evaluation.</exception>
    public static string BenchmarkOf(string folder) => EvaluationFolder.Load(folder).Subject.Benchmark;

    /// <summary>Rescores an evaluation, and writes its samples and its report's files anew.</summary>
    /// <param name="folder">The evaluation's folder.</param>
    /// <param name="benchmark">Its benchmark, of the same data.</param>
    /// <param name="prices">What tokens and images cost; null for unknown.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The new report.</returns>
    /// <exception cref="ArgumentException">The evaluation is of other prompts.</exception>
    /// <exception cref="IOException">Another process writes to the folder.</exception>
    public static async Task<EvaluationReport> RunAsync(
        string folder, IBenchmark benchmark, PriceList? prices = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        var (manifest, subject, _) = EvaluationFolder.Load(folder);
        if (!string.Equals(subject.Variant, benchmark.Variant, StringComparison.Ordinal))
            throw new ArgumentException(
                $"{folder} is about {subject.Benchmark} {subject.Variant}, but the benchmark at hand is {benchmark.Variant}.", nameof(benchmark));
        var options = new EvaluationOptions
        {
            ImagesPerPrompt = subject.ImagesPerPrompt,
            Categories = subject.Categories,
            PromptsPerCategory = subject.PromptsPerCategory
        };
        var tasks = options.Choose(benchmark);
        var byId = tasks.ToDictionary(t => t.Id, StringComparer.Ordinal);
        var samples = EvaluationFolder.Rewrite(folder, s => byId.TryGetValue(s.Prompt, out var task) ? Again(benchmark, task, s) : s);
        var context = new ReportContext(subject, manifest.DecidedBy.GetValueOrDefault(QuestionDigest.ManifestKey)) { Prices = prices };
        return await ReportFiles.WriteAsync(folder, benchmark, context, tasks, samples, cancellationToken);
    }

    private static Sample Again(IBenchmark benchmark, BenchmarkTask task, Sample sample)
    {
        if (benchmark.Format is not { } format)
            return sample;
        if (sample.Replies.Count > 0)
        {
            var reading = Scorer.ReadingOf(benchmark, task, sample);
            sample = sample with
            {
                Passed = reading.Passed,
                Share = reading.Sound ?? 0,
                Failure = reading.Sound is null ? reading.Reason : null,
                Reason = reading.Sound is null ? null : reading.Reason,
            };
        }

        return sample with { Attempts = [.. sample.Attempts.Select(attempt => Again(format, task, sample, attempt))] };
    }

    private static JudgedAttempt Again(IReplyFormat format, BenchmarkTask task, Sample sample, JudgedAttempt attempt)
    {
        if (attempt.IsFinal == true)
            return attempt with { Passed = sample.Failure is null ? sample.Passed : null, Failure = sample.Failure };
        if (attempt.KeptReplies is not { Count: > 0 } replies)
            return attempt;
        var reading = format.Read(task, replies);
        return attempt with { Passed = reading.Sound is null ? null : reading.Passed, Failure = reading.Sound is null ? reading.Reason : null };
    }
}
