using GenAgent.Micro.Prompts;

namespace GenAgent.Evaluation.Micro;

/// <summary>What is evaluated, and how. All but <see cref="Concurrency"/> belongs to the result: a run is only resumed with the same values.</summary>
public sealed record MicroEvaluationOptions
{
    /// <summary>The prompts.</summary>
    public PromptSplit Split { get; init; } = PromptSplit.Test;

    /// <summary>Images a prompt, each with its own seed; 1 or more.</summary>
    public int ImagesPerPrompt { get; init; } = 4;

    /// <summary>Root of all seeds. Two systems that are evaluated with the same root get the same seeds, prompt by prompt.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Only prompts with these tags; null for all.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Only the first prompts of each tag; null for all.</summary>
    public int? PromptsPerTag { get; init; }

    /// <summary>How many images are in the making at a time; 1 or more. Changes no result.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>The prompts that these options choose.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or chooses nothing.</exception>
    internal static IReadOnlyList<MicroPrompt> ChoosePrompts(MicroEvaluationOptions options)
    {
        if (options.ImagesPerPrompt < 1 || options.Concurrency < 1 || options.PromptsPerTag < 1)
            throw new ArgumentException($"{nameof(ImagesPerPrompt)} ({options.ImagesPerPrompt}), {nameof(Concurrency)} ({options.Concurrency}) and {nameof(PromptsPerTag)} ({options.PromptsPerTag}) must be 1 or more.", nameof(options));
        var all = MicroBenchmark.Load(options.Split);
        if (options.Tags?.FirstOrDefault(t => !all.Any(p => string.Equals(p.Tag, t, StringComparison.Ordinal))) is { } unknown)
            throw new ArgumentException($"No prompts are tagged \"{unknown}\"; there are {string.Join(", ", all.Select(p => p.Tag).Distinct(StringComparer.Ordinal))}.", nameof(options));
        return [.. all.Where(p => options.Tags is null || options.Tags.Contains(p.Tag, StringComparer.Ordinal)).GroupBy(p => p.Tag, StringComparer.Ordinal).SelectMany(g => g.Take(options.PromptsPerTag ?? int.MaxValue))];
    }
}
