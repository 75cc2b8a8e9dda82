namespace GenAgent.Judging;

/// <summary>Retries if there was no score, with a delay that doubles each time; returns the last failure.</summary>
public sealed class RetryingJudge : DelegatingJudge
{
    private readonly int _retries;
    private readonly TimeSpan _delay;
    private readonly TimeProvider _time;

    /// <summary>Wraps a judge.</summary>
    /// <param name="inner">The judge to ask.</param>
    /// <param name="retries">Number of retries, 0 or more.</param>
    /// <param name="delay">The wait before the first retry; null for one second.</param>
    /// <param name="time">The clock to wait by; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retries"/> or <paramref name="delay"/> is negative.</exception>
    public RetryingJudge(IJudge inner, int retries = 2, TimeSpan? delay = null, TimeProvider? time = null)
        : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        _retries = retries;
        _delay = delay ?? TimeSpan.FromSeconds(1);
        ArgumentOutOfRangeException.ThrowIfLessThan(_delay, TimeSpan.Zero, nameof(delay));
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public override async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
    {
        for (var retry = 0; ; retry++)
        {
            var judgment = await Inner.JudgeAsync(request, cancellationToken);
            if (judgment is not NoScore || retry == _retries)
            {
                return judgment;
            }

            await Task.Delay(_delay * (1L << Math.Min(retry, 16)), _time, cancellationToken);
        }
    }
}
