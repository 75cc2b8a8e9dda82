using Microsoft.Extensions.Caching.Distributed;

namespace GenAgent.Judging;

/// <summary>Wraps a judge step by step; the first wrapper is the outermost, as in Microsoft.Extensions.AI's builders.</summary>
/// <param name="inner">The judge that is wrapped.</param>
public sealed class JudgeBuilder(IJudge inner)
{
    private readonly IJudge _inner = inner ?? throw new ArgumentNullException(nameof(inner));
    private readonly List<Func<IJudge, IJudge>> _wrappers = [];

    /// <summary>Adds a custom wrapper.</summary>
    /// <param name="wrapper">Makes the wrapper around a judge.</param>
    /// <returns>This builder.</returns>
    public JudgeBuilder Use(Func<IJudge, IJudge> wrapper)
    {
        _wrappers.Add(wrapper ?? throw new ArgumentNullException(nameof(wrapper)));
        return this;
    }

    /// <summary>Retries if there was no score; see <see cref="RetryingJudge"/>.</summary>
    /// <param name="retries">Further tries, 0 or more.</param>
    /// <param name="delay">The wait before the first of them; it doubles.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <returns>This builder.</returns>
    public JudgeBuilder UseRetries(int retries = 2, TimeSpan? delay = null, TimeProvider? time = null) =>
        Use(judge => new RetryingJudge(judge, retries, delay, time));

    /// <summary>Caches scores; see <see cref="CachingJudge"/>.</summary>
    /// <param name="cache">Where scores are kept.</param>
    /// <returns>This builder.</returns>
    public JudgeBuilder UseCache(IDistributedCache cache) => Use(judge => new CachingJudge(judge, cache));

    /// <summary>Limits concurrent requests; see <see cref="ConcurrencyLimitedJudge"/>.</summary>
    /// <param name="limit">Requests at once, 1 or more.</param>
    /// <returns>This builder.</returns>
    public JudgeBuilder UseConcurrencyLimit(int limit) => Use(judge => new ConcurrencyLimitedJudge(judge, limit));

    /// <summary>The judge with all its wrappers.</summary>
    /// <returns>The outermost wrapper.</returns>
    public IJudge Build() => Enumerable.Reverse(_wrappers).Aggregate(_inner, (judge, wrap) => wrap(judge));
}

/// <summary>Where wrapping starts.</summary>
public static class JudgeExtensions
{
    /// <summary>A builder that wraps this judge.</summary>
    /// <param name="judge">The judge.</param>
    /// <returns>A new builder.</returns>
    public static JudgeBuilder AsBuilder(this IJudge judge) => new(judge);

    /// <summary>This judge as a pairwise judge that compares scores.</summary>
    /// <param name="judge">The judge.</param>
    /// <returns>A pairwise judge; this judge stays the caller's.</returns>
    public static IPairwiseJudge AsPairwise(this IJudge judge) => new ScorePairwiseJudge(judge);
}
