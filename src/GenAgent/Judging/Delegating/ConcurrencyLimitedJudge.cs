using System.Diagnostics.CodeAnalysis;

namespace GenAgent.Judging;

/// <summary>Limits the number of concurrent requests; the others wait in order.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle is never asked for holds nothing to dispose of.")]
public sealed class ConcurrencyLimitedJudge : DelegatingJudge
{
    private readonly SemaphoreSlim _slots;

    /// <summary>Wraps a judge.</summary>
    /// <param name="inner">The judge to ask.</param>
    /// <param name="limit">Requests at once, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    public ConcurrencyLimitedJudge(IJudge inner, int limit)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        _slots = new SemaphoreSlim(limit, limit);
    }

    /// <inheritdoc/>
    public override async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            return await Inner.JudgeAsync(request, cancellationToken);
        }
        finally
        {
            _slots.Release();
        }
    }
}
