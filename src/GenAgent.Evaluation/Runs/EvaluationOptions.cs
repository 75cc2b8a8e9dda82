using GenAgent.Evaluation.Benchmarks;

namespace GenAgent.Evaluation.Runs;

/// <summary>
/// What is evaluated, and how. Concurrency and budgets change no result; all else belongs to it, and a run is only resumed with the same values.
/// </summary>
public sealed record EvaluationOptions
{
    /// <summary>Images a prompt, each with its own seed; 1 or more.</summary>
    public int ImagesPerPrompt { get; init; } = 4;

    /// <summary>Root of all seeds. Two systems that are evaluated with the same root get the same seeds, prompt by prompt.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Only prompts of these categories; null for all.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Only the first prompts of each category; null for all.</summary>
    public int? PromptsPerCategory { get; init; }

    /// <summary>How many images are made at a time; 1 or more. Changes no result.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>Whether every image of an agent is judged, or only its final one; a judge that costs nothing judges all.</summary>
    public bool JudgesAttempts { get; init; } = true;

    /// <summary>Images that generators may be asked for in this call; null for any number. Changes no result, only how much of it there is.</summary>
    public long? MaxImages { get; init; }

    /// <summary>What else decides the results, by name: options of the system, digests of its models (<see cref="Models.ModelSource.Digest"/>).</summary>
    public IReadOnlyDictionary<string, string?> DecidedBy { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>The prompts that these options choose.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or chooses nothing.</exception>
    internal IReadOnlyList<BenchmarkTask> Choose(IBenchmark benchmark)
    {
        if (ImagesPerPrompt < 1 || Concurrency < 1 || PromptsPerCategory < 1)
        {
            throw new ArgumentException(
                $"{nameof(ImagesPerPrompt)} ({ImagesPerPrompt}), {nameof(Concurrency)} ({Concurrency}) and {nameof(PromptsPerCategory)} "
                    + $"({PromptsPerCategory}) must be 1 or more.", nameof(benchmark));
        }

        var all = benchmark.Tasks;
        if (Categories?.FirstOrDefault(c => !all.Any(t => string.Equals(t.Category, c, StringComparison.Ordinal))) is { } unknown)
        {
            var known = string.Join(", ", all.Select(t => t.Category).Distinct(StringComparer.Ordinal));
            throw new ArgumentException($"No prompts of {benchmark.Title} are tagged \"{unknown}\"; there are {known}.", nameof(benchmark));
        }

        return
        [
            .. all.Where(t => Categories is null || Categories.Contains(t.Category, StringComparer.Ordinal))
                .GroupBy(t => t.Category, StringComparer.Ordinal).SelectMany(g => g.Take(PromptsPerCategory ?? int.MaxValue)),
        ];
    }
}
