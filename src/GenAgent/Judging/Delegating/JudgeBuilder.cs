using Microsoft.Extensions.Caching.Distributed;

namespace GenAgent.Judging;

/// <summary>Wraps a judge step by step; the first wrapper is the outermost, as in Microsoft.Extensions.AI's builders.</summary>
public sealed class JudgeBuilder(IJudge inner)
{
    private readonly IJudge _inner = inner ?? throw new ArgumentNullException(nameof(inner));
    private readonly List<Func<IJudge, IJudge>> _wrappers = [];

    /// <summary>Adds a custom wrapper.</summary>
    public JudgeBuilder Use(Func<IJudge, IJudge> wrapper)
    {
        _wrappers.Add(wrapper ?? throw new ArgumentNullException(nameof(wrapper)));
        return this;
    }

    /// <summary>Retries if there was no score; see <see cref="RetryingJudge"/>.</summary>
    public JudgeBuilder UseRetries(int retries = 2, TimeSpan? delay = null, TimeProvider? time = null) =>
        Use(judge => new RetryingJudge(judge, retries, delay, time));

    /// <summary>Caches scores; see <see cref="CachingJudge"/>.</summary>
    public JudgeBuilder UseCache(IDistributedCache cache) => Use(judge => new CachingJudge(judge, cache));

    /// <summary>Limits concurrent requests; see <see cref="ConcurrencyLimitedJudge"/>.</summary>
    public JudgeBuilder UseConcurrencyLimit(int limit) => Use(judge => new ConcurrencyLimitedJudge(judge, limit));

    /// <summary>The judge with all its wrappers.</summary>
    public IJudge Build() => Enumerable.Reverse(_wrappers).Aggregate(_inner, (judge, wrap) => wrap(judge));
}

/// <summary>Where wrapping starts.</summary>
public static class JudgeExtensions
{
    /// <summary>A builder that wraps this judge.</summary>
    /// <param name="judge">The judge.</param>
    public static JudgeBuilder AsBuilder(this IJudge judge) => new(judge);

    /// <summary>This judge as a pairwise judge that compares scores.</summary>
    /// <param name="judge">The judge.</param>
    public static IPairwiseJudge AsPairwise(this IJudge judge) => new ScorePairwiseJudge(judge);
}
