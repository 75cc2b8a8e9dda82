using Microsoft.Extensions.AI;

namespace GenAgent.Judging;

/// <summary>
/// Says which of two images meets a prompt better. Implementations are safe to call from many tasks at once, and do not depend on the order of the two.
/// A judge that cannot judge returns <see cref="NoPreference"/>: only cancellation throws.
/// </summary>
public interface IPairwiseJudge
{
    /// <summary>The judge and the version of its question.</summary>
    string Name { get; }

    /// <summary>Compares the two images.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>Which image is better, or why nobody knows.</returns>
    ValueTask<PairwiseJudgment> CompareAsync(PairwiseRequest request, CancellationToken cancellationToken = default);
}

/// <summary>Two images made for one prompt.</summary>
/// <param name="Prompt">The user's own words.</param>
/// <param name="First">One image, encoded (PNG, JPEG or WebP).</param>
/// <param name="Second">The other.</param>
/// <param name="Constraints">The prompt's meaning in machine-readable form, where there is one.</param>
public sealed record PairwiseRequest(string Prompt, DataContent First, DataContent Second, PromptConstraints? Constraints = null);

/// <summary>What a comparison says: a <see cref="Preference"/>, or <see cref="NoPreference"/> when it could not be made.</summary>
/// <param name="Judge">The judge's name and version.</param>
public abstract record PairwiseJudgment(string Judge);

/// <summary>A comparison that was made.</summary>
/// <param name="Judge">The judge's name and version.</param>
/// <param name="Winner">Which image is better.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record Preference(string Judge, Winner Winner, string Reason) : PairwiseJudgment(Judge)
{
    /// <summary>Whether the judge preferred different images in the two orders, which shows a position bias.</summary>
    public bool OrdersDisagree { get; init; }
}

/// <summary>The comparison could not be made. This is not a tie: it is excluded from all win counts and counted separately.</summary>
/// <param name="Judge">The judge's name and version.</param>
/// <param name="Error">What went wrong.</param>
public sealed record NoPreference(string Judge, string Error) : PairwiseJudgment(Judge);

/// <summary>The better of two images.</summary>
public enum Winner
{
    /// <summary>Neither.</summary>
    Tie,

    /// <summary>The request's first.</summary>
    First,

    /// <summary>The request's second.</summary>
    Second,
}
