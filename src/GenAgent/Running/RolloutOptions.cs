using GenAgent.Models;

namespace GenAgent.Running;

/// <summary>How a <see cref="RolloutRunner{TTask, TOutcome}"/> works. None of it changes an outcome.</summary>
public sealed record RolloutOptions
{
    /// <summary>Tasks that are under way at once, over all calls of one runner; 1 or more.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>
    /// How often a task whose backend failed is tried again, after all others; 0 or more. Failures that would be the same again are not retried.
    /// </summary>
    public int Retries { get; init; } = 1;

    /// <summary>Failures of backends in a row after which the run stops, as the rest would fail the same way; 1 or more.</summary>
    public int FailuresInARow { get; init; } = 5;

    /// <summary>What the tasks are called in messages.</summary>
    public string Noun { get; init; } = "tasks";

    /// <summary>Throws if an option is out of range.</summary>
    internal static void Validate(RolloutOptions options)
    {
        if (options.Concurrency < 1 || options.Retries < 0 || options.FailuresInARow < 1)
        {
            throw new ArgumentException(
                $"{nameof(Concurrency)} is {options.Concurrency}, {nameof(Retries)} {options.Retries} and {nameof(FailuresInARow)} {options.FailuresInARow}, "
                    + "but must be 1, 0 and 1 or more.", nameof(options));
        }
    }

    /// <summary>Whether the same call may succeed later.</summary>
    internal static bool MayPass(Exception? failure) =>
        failure is BackendUnavailableException or RateLimitException or BackendAnswerException || (failure?.InnerException is { } cause && MayPass(cause));
}
