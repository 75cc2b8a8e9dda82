namespace GenAgent.Evaluation.Judges;

/// <summary>
/// How many calls are left. What may be needed is taken before, and what was not used is given back: the limit is never passed, and all of it can be used.
/// Thread-safe.
/// </summary>
/// <param name="calls">How many are allowed, 0 or more.</param>
public sealed class CallBudget(long calls)
{
    private readonly Lock _lock = new();
    private long _left = calls;
    private int _holders;
    private TaskCompletionSource _returned = NewSignal();

    /// <summary>How many are left.</summary>
    public long Left
    {
        get
        {
            lock (_lock) return _left;
        }
    }

    /// <summary>Takes so many, and waits while others may still give back what they do not use.</summary>
    /// <param name="count">How many may be needed.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False where fewer are left and nobody can give any back. After true, call <see cref="Return"/> once.</returns>
    public async ValueTask<bool> TakeAsync(long count, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task returned;
            lock (_lock)
            {
                if (_left >= count)
                {
                    (_left, _holders) = (_left - count, _holders + 1);
                    return true;
                }

                if (_holders == 0)
                    return false;
                returned = _returned.Task;
            }

            await returned.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends what <see cref="TakeAsync"/> began.</summary>
    /// <param name="unused">How many of those taken were not used.</param>
    public void Return(long unused)
    {
        TaskCompletionSource waiting;
        lock (_lock)
        {
            (_left, _holders) = (_left + unused, _holders - 1);
            (waiting, _returned) = (_returned, NewSignal());
        }

        waiting.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
